-- One save per transaction, without HTTP: the upsert of one 4 KB draft, for `pgbench -M prepared`.
-- bench/run gives :emails, :payloads and :loaded (-D).

-- pgbench cannot make 4 KB itself. Each client fetches a payload of its own once; from then on the payload travels to the
-- server with every save, as it does from the service.
\if :loaded
\else
    \set payload :client_id % :payloads + 1
    SELECT head, tail FROM bench_payload WHERE id = :payload::integer \gset
    \set loaded 1
\endif

-- The stamp makes every save a change.
\set draft random(1, :emails)
\set screen random(0, 11)
\set stamp random(1700000000000, 1999999999999)
INSERT INTO form_progress AS draft
    (draft_id, email, survey_id, current_screen, furthest_screen, version, digest, created_at, updated_at, expires_at, data)
VALUES
    (gen_random_uuid(), 'user' || lpad(:draft::text, 7, '0') || '@example.com', 1, :screen::integer, :screen::integer, 1,
     decode(md5(:stamp::text) || md5(:stamp::text), 'hex'), now(), now(), now() + interval '30 days',
     :head::text || :stamp::text || :tail::text)
ON CONFLICT (email, survey_id) DO UPDATE SET
    current_screen = EXCLUDED.current_screen,
    furthest_screen = greatest(draft.furthest_screen, EXCLUDED.current_screen),
    version = draft.version + 1,
    digest = EXCLUDED.digest,
    updated_at = EXCLUDED.updated_at,
    expires_at = EXCLUDED.expires_at,
    data = EXCLUDED.data;
