//! Exports: all rows of a kind, streamed chunk by chunk as CSV or NDJSON, whatever their number.
//!
//! What ends is whole: an export that the database lets down in the middle waits for it, and does not end without it.

use std::{future::pending, io, sync::Arc, time::Duration};

use rocket::{
    Request, Response,
    futures::stream,
    http::{ContentType, Header},
    response::{self, Responder},
    tokio::time::sleep,
};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_util::{bytes::Bytes, io::StreamReader};

use super::Parameter;
use crate::{
    db::{Conn, Database, QueryRows, QueryWalked, Unavailable, Walked},
    problem::Problem,
};

/// Rows that are read at a time.
pub const CHUNK: i64 = 1000;

/// How long an export waits for a database that has gone away: ten minutes, in steps.
const TRIES: usize = 600;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, with a header line.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// How the name of a file in it ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

impl Parameter for Format {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "csv" => Ok(Self::Csv),
            "ndjson" => Ok(Self::Ndjson),
            _ => Err("must be csv or ndjson"),
        }
    }
}

/// A row of an export: an object of NDJSON, a line of CSV.
pub trait ExportRow: Serialize + Send + 'static {
    /// The columns of the CSV.
    const COLUMNS: &'static [&'static str];

    /// Their values.
    fn cells(&self) -> Vec<String>;

    /// The lines of the CSV, where one row is not one line.
    fn lines(&self) -> Vec<Vec<String>> {
        vec![self.cells()]
    }
}

/// An export, ready to be sent.
pub struct Export {
    name: &'static str,
    format: Format,
    body: Box<dyn rocket::tokio::io::AsyncRead + Send + Unpin>,
}

impl Export {
    /// Of all that `fetch` finds: it is given the id behind which a chunk begins and how many rows to read at most, and gives
    /// them with their ids, in ascending order. The first chunk is read before anything is answered, so that a database that
    /// is away is told as such.
    pub async fn of<R: ExportRow>(
        name: &'static str,
        format: Format,
        database: Database,
        after: i64,
        fetch: impl Fn(&mut Conn, i64, i64) -> QueryRows<R> + Clone + Send + Sync + 'static,
    ) -> Result<Self, Problem> {
        let fetch = move |conn: &mut Conn, after: i64| {
            let rows = fetch(conn, after, CHUNK)?;
            let next = rows.last().map(|(last, _)| *last).filter(|_| rows.len() as i64 >= CHUNK);
            Ok(Walked { found: rows.into_iter().map(|(_, row)| row).collect(), next })
        };
        Self::in_chunks(name, format, database, after, fetch).await
    }

    /// The same of chunks of any size, each of which says where the next one begins.
    pub async fn in_chunks<R: ExportRow, P: Clone + Send + Sync + 'static>(
        name: &'static str,
        format: Format,
        database: Database,
        start: P,
        fetch: impl Fn(&mut Conn, P) -> QueryWalked<R, P> + Clone + Send + Sync + 'static,
    ) -> Result<Self, Problem> {
        let read = move |start: P| {
            let (database, fetch) = (database.clone(), fetch.clone());
            async move { database.read(move |conn| fetch(conn, start.clone())).await }
        };
        let first = read(start).await?;
        let head = head::<R>(format).map_err(|_| Problem::Internal)?;
        let chunks = stream::try_unfold((Some(first), head, read), move |(chunk, head, read)| async move {
            let Some(chunk) = chunk else { return Ok::<_, io::Error>(None) };
            let mut bytes = head;
            bytes.extend(written(format, &chunk.found)?);
            let next = match chunk.next {
                Some(start) => Some(persistently(name, &read, start).await),
                None => None,
            };
            Ok(Some((Bytes::from(bytes), (next, Vec::new(), read))))
        });
        Ok(Self { name, format, body: Box::new(StreamReader::new(Box::pin(chunks))) })
    }
}

/// Reads a chunk in the middle of an export, as soon as the database gives it.
///
/// Rocket ends the body of an answer in the proper way even when the body says that it failed: whoever reads would take a
/// part for the whole. So an export that cannot go on does not end.
async fn persistently<R, P: Clone, F>(name: &str, read: &impl Fn(P) -> F, start: P) -> Walked<R, P>
where
    F: Future<Output = Result<Walked<R, P>, Unavailable>>,
{
    for _ in 0..TRIES {
        match read(start.clone()).await {
            Ok(chunk) => return chunk,
            Err(error) => tracing::warn!(%error, name, "an export waits for the database"),
        }
        sleep(BETWEEN_TRIES).await;
    }
    tracing::error!(name, "an export is not continued: it hangs until its client or the service goes");
    pending().await
}

/// The line above all others, if there is one.
pub fn head<R: ExportRow>(format: Format) -> io::Result<Vec<u8>> {
    match format {
        Format::Ndjson => Ok(Vec::new()),
        Format::Csv => csv_of([R::COLUMNS]),
    }
}

/// Rows as they are written, a line each.
pub fn lines<R: ExportRow>(format: Format, rows: &[(i64, R)]) -> io::Result<Vec<u8>> {
    written(format, rows.iter().map(|(_, row)| row))
}

/// Writes an export to where a command prints, chunk by chunk as [`Export::in_chunks`] reads them.
pub fn print<R: ExportRow, P, E: From<io::Error>>(
    out: &mut impl io::Write,
    format: Format,
    start: P,
    mut fetch: impl FnMut(P) -> Result<Walked<R, P>, E>,
) -> Result<(), E> {
    out.write_all(&head::<R>(format)?)?;
    let mut start = Some(start);
    while let Some(from) = start {
        let chunk = fetch(from)?;
        out.write_all(&written(format, &chunk.found)?)?;
        start = chunk.next;
    }
    Ok(out.flush()?)
}

fn written<'a, R: ExportRow>(format: Format, rows: impl IntoIterator<Item = &'a R>) -> io::Result<Vec<u8>> {
    match format {
        Format::Ndjson => rows.into_iter().try_fold(Vec::new(), |mut bytes, row| {
            serde_json::to_writer(&mut bytes, row)?;
            bytes.push(b'\n');
            Ok(bytes)
        }),
        Format::Csv => {
            let lines = rows.into_iter().flat_map(ExportRow::lines);
            csv_of(lines.map(|line| line.iter().map(|cell| defused(cell)).collect::<Vec<_>>()))
        }
    }
}

/// A JSON text on one line. Line breaks stand between its values only: in a text they are escaped.
pub fn one_line(json: &RawValue) -> Arc<RawValue> {
    let line = json.get().replace(['\n', '\r'], " ");
    RawValue::from_string(line).unwrap_or_else(|_| json.to_owned()).into()
}

fn csv_of<T: AsRef<[u8]>>(records: impl IntoIterator<Item = impl IntoIterator<Item = T>>) -> io::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for record in records {
        writer.write_record(record)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

/// A cell that a spreadsheet would take for a formula is told to be text.
fn defused(cell: &str) -> String {
    let is_number = cell.parse::<f64>().is_ok();
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') if !is_number => {
            format!("'{cell}")
        }
        _ => cell.to_owned(),
    }
}

impl<'r> Responder<'r, 'r> for Export {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'r> {
        let kind = match self.format {
            Format::Csv => ContentType::new("text", "csv").with_params(("charset", "utf-8")),
            Format::Ndjson => ContentType::new("application", "x-ndjson"),
        };
        let name = format!("attachment; filename=\"{}.{}\"", self.name, self.format.extension());
        Response::build().header(kind).header(Header::new("Content-Disposition", name)).streamed_body(self.body).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use rocket::tokio::io::AsyncReadExt;

    use super::*;

    #[derive(Serialize)]
    struct Row {
        text: String,
    }

    impl ExportRow for Row {
        const COLUMNS: &'static [&'static str] = &["text"];

        fn cells(&self) -> Vec<String> {
            vec![self.text.clone()]
        }
    }

    fn row(text: impl Into<String>) -> Row {
        Row { text: text.into() }
    }

    async fn export(
        format: Format,
        folder: &tempfile::TempDir,
        fetch: impl Fn(i64, i64) -> QueryRows<Row> + Clone + Send + Sync + 'static,
    ) -> Result<String, Problem> {
        let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
        let database = Database::new(&url.parse().expect("an address"), 1);
        let mut export = Export::of("rows", format, database, 0, move |_, after, limit| fetch(after, limit)).await?;
        let mut text = String::new();
        export.body.read_to_string(&mut text).await.expect("the export ends");
        Ok(text)
    }

    #[rocket::async_test]
    async fn an_export_goes_on_when_the_database_is_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let asked = Arc::new(AtomicUsize::new(0));
        let fetch = move |after: i64, limit: i64| match asked.fetch_add(1, Ordering::SeqCst) {
            1 => Err(diesel_error()),
            _ => Ok((after + 1..=2500).take(limit as usize).map(|id| (id, row(id.to_string()))).collect()),
        };

        let text = export(Format::Ndjson, &folder, fetch).await.expect("an export");

        let expected: Vec<String> = (1..=2500).map(|id| format!("{{\"text\":\"{id}\"}}")).collect();
        assert!(text.lines().eq(expected.iter()), "each row once, in order");
    }

    #[rocket::async_test]
    async fn what_fails_before_the_first_row_is_a_problem() {
        let folder = tempfile::tempdir().expect("a folder");

        let failed = export(Format::Csv, &folder, |_, _| Err(diesel_error())).await;

        assert_eq!(failed.expect_err("no export").code(), "STORAGE_UNAVAILABLE");
    }

    #[rocket::async_test]
    async fn cells_are_quoted_and_no_formula() {
        let folder = tempfile::tempdir().expect("a folder");
        let rows = ["plain", "a,\"b\"\nc", "=1+1", "-5", "-x", "@x", ""];

        let text = export(Format::Csv, &folder, move |_, _| Ok((1..).zip(rows.map(row)).collect())).await;

        let expected = "text\r\nplain\r\n\"a,\"\"b\"\"\nc\"\r\n'=1+1\r\n-5\r\n'-x\r\n'@x\r\n\"\"\r\n";
        assert_eq!(text.expect("an export"), expected);
    }

    /// What the database says when it is away.
    fn diesel_error() -> crate::db::QueryError {
        crate::db::QueryError::BrokenTransactionManager
    }
}
