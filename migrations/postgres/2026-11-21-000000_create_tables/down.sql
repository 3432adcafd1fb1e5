DROP TABLE readiness;
DROP TABLE answers;
DROP TABLE submissions;
DROP TABLE form_progress;
DROP FUNCTION form_progress_expires_sooner;
DROP TABLE surveys;
DROP TABLE companies;
