//! Exports: all rows of a kind, streamed chunk by chunk as CSV or NDJSON, whatever their number.
//!
//! An export that breaks off in the middle breaks the connection: what arrived whole is whole.

use std::io;

use rocket::{
    Request, Response,
    futures::stream,
    http::{ContentType, Header},
    response::{self, Responder},
};
use serde::Serialize;
use tokio_util::{bytes::Bytes, io::StreamReader};

use super::Parameter;
use crate::{
    db::{Conn, Database, QueryRows},
    problem::Problem,
};

/// Rows that are read at a time.
pub const CHUNK: i64 = 1000;

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, with a header line.
    Csv,
    /// A JSON object a line.
    Ndjson,
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
}

/// An export, ready to be sent.
pub struct Export {
    name: &'static str,
    format: Format,
    body: Box<dyn rocket::tokio::io::AsyncRead + Send + Unpin>,
}

impl Export {
    /// Of all that `fetch` finds: it is given the id behind which a chunk begins (0 at first) and reads up to [`CHUNK`] rows
    /// with their ids, in ascending order. The first chunk is read before anything is answered, so that a database that is
    /// away is told as such.
    pub async fn of<R: ExportRow>(
        name: &'static str,
        format: Format,
        database: Database,
        fetch: impl Fn(&mut Conn, i64) -> QueryRows<R> + Clone + Send + Sync + 'static,
    ) -> Result<Self, Problem> {
        let read = move |after: i64| {
            let (database, fetch) = (database.clone(), fetch.clone());
            async move { database.read(move |conn| fetch(conn, after)).await }
        };
        let first = read(0).await?;
        let head = written::<R>(format, &[], true).map_err(|_| Problem::Internal)?;
        let chunks = stream::try_unfold((Some(first), head, read), move |(rows, head, read)| async move {
            let Some(rows) = rows else { return Ok::<_, io::Error>(None) };
            let mut bytes = head;
            bytes.extend(written(format, &rows, false)?);
            let next = match rows.last() {
                Some((last, _)) if rows.len() as i64 >= CHUNK => Some(read(*last).await.map_err(io::Error::other)?),
                _ => None,
            };
            Ok(Some((Bytes::from(bytes), (next, Vec::new(), read))))
        });
        Ok(Self { name, format, body: Box::new(StreamReader::new(Box::pin(chunks))) })
    }
}

fn written<R: ExportRow>(format: Format, rows: &[(i64, R)], with_header: bool) -> io::Result<Vec<u8>> {
    match format {
        Format::Ndjson => rows.iter().try_fold(Vec::new(), |mut bytes, (_, row)| {
            serde_json::to_writer(&mut bytes, row)?;
            bytes.push(b'\n');
            Ok(bytes)
        }),
        Format::Csv => {
            let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
            if with_header {
                writer.write_record(R::COLUMNS)?;
            }
            for (_, row) in rows {
                writer.write_record(row.cells().iter().map(|cell| defused(cell)))?;
            }
            writer.into_inner().map_err(|error| error.into_error())
        }
    }
}

/// A cell that a spreadsheet would take for a formula is told to be text.
fn defused(cell: &str) -> String {
    let is_number = cell.parse::<f64>().is_ok();
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') if !is_number => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

impl<'r> Responder<'r, 'r> for Export {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'r> {
        let (kind, extension) = match self.format {
            Format::Csv => (ContentType::new("text", "csv").with_params(("charset", "utf-8")), "csv"),
            Format::Ndjson => (ContentType::new("application", "x-ndjson"), "ndjson"),
        };
        let name = format!("attachment; filename=\"{}.{extension}\"", self.name);
        Response::build().header(kind).header(Header::new("Content-Disposition", name)).streamed_body(self.body).ok()
    }
}
