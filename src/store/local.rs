//! Writes that concern only this node.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::StoreError;
use crate::ballots;
use crate::batch::LocalWrite;
use crate::facts::number_used;
use crate::records::{
    BlobRecord, DeviceRecord, DeviceToken, EventRecord, LateReader, Officer, ParkedEntry, PrintJob,
    Session,
};
use crate::sql::{integer, micros};

/// Events kept; the oldest go first, so that a device that chatters cannot fill the disk.
const EVENTS_MAX: i64 = 20_000;
/// How often they are counted.
const EVENTS_TRIMMED_EVERY: i64 = 500;
/// Most old rows of a table that go at once, so that the writer is never held up; the next time goes on.
const TRIMMED_ROWS_MAX: u32 = 1_000;

/// Stores one local write.
pub(crate) fn store(c: &Connection, write: &LocalWrite, at: Timestamp) -> Result<(), StoreError> {
    match write {
        LocalWrite::NumberUsed { business_day, series, number } => {
            number_used(c, &business_day.to_string(), series, *number)
        }
        LocalWrite::RatingToken(token) => ballots::token(c, token),
        LocalWrite::UseRatingToken { token_hash, answered } => {
            ballots::use_token(c, token_hash, answered, at)
        }
        LocalWrite::HoldRating(rating) => ballots::hold(c, rating),
        LocalWrite::ReleaseRatings { ids, asked_before } => ballots::release(c, ids, *asked_before),
        LocalWrite::OfficerTally(mark) => ballots::tally(c, mark),
        LocalWrite::Officer(officer) => store_officer(c, officer),
        LocalWrite::LateReader(reader) => store_late_reader(c, reader),
        LocalWrite::Session(session) => store_session(c, session),
        LocalWrite::EndSession { token_hash } => {
            c.prepare_cached("DELETE FROM session WHERE token_hash = ?1")?.execute([token_hash])?;
            Ok(())
        }
        LocalWrite::EndSessionsOf { officer } => {
            c.prepare_cached("DELETE FROM session WHERE officer = ?1")?
                .execute([officer.as_str()])?;
            Ok(())
        }
        LocalWrite::DeviceToken(token) => store_device_token(c, token),
        LocalWrite::PrintJob(job) => store_print_job(c, job),
        LocalWrite::Device(device) => store_device(c, device),
        LocalWrite::Access(access) => {
            c.prepare_cached(
                "INSERT INTO access_log (at_us, officer, dossier, action, why) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                micros(access.at),
                access.officer.as_str(),
                access.dossier.into_bytes(),
                &access.action,
                &access.why,
            ))?;
            Ok(())
        }
        LocalWrite::Event(event) => store_event(c, event),
        LocalWrite::Blob(blob) => store_blob(c, blob),
        LocalWrite::BlobState { sha256, state } => {
            let sql = "UPDATE blob SET state = ?2,
                       at_hub_us = CASE ?2 WHEN 'at_hub' THEN coalesce(at_hub_us, ?3) END
                       WHERE sha256 = ?1";
            match c.prepare_cached(sql)?.execute((sha256, state.as_str(), micros(at)))? {
                0 => Err(StoreError::NotFound("blob")),
                _ => Ok(()),
            }
        }
        LocalWrite::BlobsAgain { sha256 } => {
            // One that was to be removed, because the hub had it, is kept after all.
            let sql = "UPDATE blob SET state = 'local', dropped_at_us = NULL
                       WHERE sha256 = ?1 AND state = 'at_hub'";
            let mut again = c.prepare_cached(sql)?;
            let mut kept = c.prepare_cached("DELETE FROM blob_to_remove WHERE sha256 = ?1")?;
            for name in sha256 {
                if again.execute([name])? == 1 {
                    kept.execute([name])?;
                }
            }
            Ok(())
        }
        LocalWrite::UplinkAcked { epoch, seq, hash, parked, message } => {
            let cursor = (integer(*epoch), integer(*seq), hash, micros(at), message);
            c.prepare_cached(
                "INSERT INTO uplink_cursor (id, epoch, seq, hash, at_us, message)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET epoch = ?1, seq = ?2, hash = ?3, at_us = ?4,
                 message = ?5 WHERE (epoch, seq) <= (?1, ?2)",
            )?
            .execute(cursor)?;
            let row = |(seq, code): &(u64, String)| ParkedEntry {
                stream: crate::records::ParkedStream::Up,
                seq: *seq,
                code: code.clone(),
                at,
                raw: None,
            };
            parked.iter().try_for_each(|entry| store_parked(c, &row(entry)))
        }
        LocalWrite::DownTaken { epoch, seq, prev, hash } => {
            down_taken(c, *epoch, *seq, prev, hash, at)
        }
        // The writer holds the keys and has taken this one in already.
        LocalWrite::DataKey(_) => Ok(()),
        LocalWrite::Parked(entry) => store_parked(c, entry),
        // Stored with its change, see `own`.
        LocalWrite::NumbersSkipped(_) | LocalWrite::Governed(_) => Ok(()),
        LocalWrite::Restored(page) => crate::restore::store(c, page, at),
        LocalWrite::DropBlobs { sha256 } => drop_blobs(c, sha256, at),
        LocalWrite::CheckResult(result) => {
            c.prepare_cached(
                "INSERT INTO check_result (name, at_us, looked_at, problems, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (name) DO UPDATE SET at_us = ?2, looked_at = ?3, problems = ?4, detail = ?5",
            )?
            .execute((
                &result.name,
                micros(result.at),
                integer(result.looked_at),
                integer(result.problems),
                &result.detail,
            ))?;
            Ok(())
        }
        LocalWrite::BlobsRemoved { sha256 } => {
            let mut removed = c.prepare_cached("DELETE FROM blob_to_remove WHERE sha256 = ?1")?;
            sha256.iter().try_for_each(|sha256| removed.execute([sha256]).map(drop))?;
            Ok(())
        }
        LocalWrite::RemoveArchived { rows } => {
            // What no segment names cannot go: without one the comparison is with NULL.
            let sql = "DELETE FROM entry WHERE seq IN (SELECT seq FROM entry
                       WHERE seq <= (SELECT last_seq FROM segment ORDER BY first_seq DESC LIMIT 1)
                       ORDER BY seq LIMIT ?1)";
            c.prepare_cached(sql)?.execute([rows])?;
            Ok(())
        }
        LocalWrite::Trim { before, accesses_before } => trim(c, *before, *accesses_before),
        LocalWrite::Meta { name, value } => {
            c.prepare_cached(
                "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
            )?
            .execute((format!("own:{name}"), value))?;
            Ok(())
        }
    }
}

/// An account that comes back; one that is here already stays as it is.
pub(crate) fn restore_officer(c: &Connection, officer: &Officer) -> Result<(), StoreError> {
    let known: bool = c
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM officer WHERE id = ?1 OR login = ?2)")?
        .query_row((officer.id.as_str(), &officer.login), |row| row.get(0))?;
    if known { Ok(()) } else { store_officer(c, officer) }
}

/// A device's right that comes back.
pub(crate) fn restore_device_token(c: &Connection, token: &DeviceToken) -> Result<(), StoreError> {
    store_device_token(c, token)
}

fn store_officer(c: &Connection, officer: &Officer) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO officer (id, login, name, role, password_hash, disabled, created_at_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET login = ?2, name = ?3, role = ?4, password_hash = ?5, disabled = ?6",
    )?
    .execute((
        officer.id.as_str(),
        &officer.login,
        &officer.name,
        &officer.role,
        &officer.password_hash,
        officer.disabled,
        micros(officer.created_at),
    ))?;
    Ok(())
}

fn store_late_reader(c: &Connection, reader: &LateReader) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO message_late_reader (message, officer, at_us) VALUES (?1, ?2, ?3)
         ON CONFLICT DO NOTHING",
    )?
    .execute((reader.message.into_bytes(), &reader.officer, micros(reader.at)))?;
    Ok(())
}

fn store_session(c: &Connection, session: &Session) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO session (token_hash, officer, csrf, created_at_us, seen_at_us, expires_at_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (token_hash) DO UPDATE SET seen_at_us = ?5, expires_at_us = ?6",
    )?
    .execute((
        session.token_hash,
        session.officer.as_str(),
        &session.csrf,
        micros(session.created_at),
        micros(session.seen_at),
        micros(session.expires_at),
    ))?;
    Ok(())
}

fn store_device_token(c: &Connection, token: &DeviceToken) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO device_token (token_hash, role, counter, title, created_at_us, revoked_at_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (token_hash) DO UPDATE SET counter = ?3, title = ?4, revoked_at_us = ?6",
    )?
    .execute((
        token.token_hash,
        &token.role,
        token.counter.map(|counter| counter.0),
        &token.title,
        micros(token.created_at),
        token.revoked_at.map(micros),
    ))?;
    Ok(())
}

fn store_print_job(c: &Connection, job: &PrintJob) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO print_job
         (id, kind, ticket, dossier, printer, state, problem, attempts, created_at_us, updated_at_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET printer = ?5, state = ?6, problem = ?7, attempts = ?8,
         updated_at_us = ?10",
    )?
    .execute((
        job.id.into_bytes(),
        &job.kind,
        job.ticket.map(uuid::Uuid::into_bytes),
        job.dossier.map(uuid::Uuid::into_bytes),
        &job.printer,
        job.state.as_str(),
        &job.problem,
        job.attempts,
        micros(job.created_at),
        micros(job.updated_at),
    ))?;
    Ok(())
}

fn store_device(c: &Connection, device: &DeviceRecord) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO device (id, title, class, driver, transport, state, reason_code, since_us, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (id) DO UPDATE SET title = ?2, class = ?3, driver = ?4, transport = ?5, state = ?6,
         reason_code = ?7, since_us = ?8, detail = ?9",
    )?
    .execute((
        &device.id,
        &device.title,
        &device.class,
        &device.driver,
        &device.transport,
        &device.state,
        &device.reason_code,
        micros(device.since),
        &device.detail,
    ))?;
    Ok(())
}

pub(crate) fn store_event(c: &Connection, event: &EventRecord) -> Result<(), StoreError> {
    c.prepare_cached("INSERT INTO event (at_us, code, source, detail) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            micros(event.at),
            &event.code,
            &event.source,
            serde_json::to_string(&event.detail)?,
        ))?;
    let id = c.last_insert_rowid();
    if id % EVENTS_TRIMMED_EVERY == 0 {
        c.prepare_cached("DELETE FROM event WHERE id <= ?1")?.execute([id - EVENTS_MAX])?;
    }
    Ok(())
}

fn store_blob(c: &Connection, blob: &BlobRecord) -> Result<(), StoreError> {
    // The same bytes scanned twice are one blob; what the hub already has stays there. One whose file
    // was to be removed has a new file now.
    c.prepare_cached("DELETE FROM blob_to_remove WHERE sha256 = ?1")?.execute([blob.sha256])?;
    c.prepare_cached(
        "INSERT INTO blob (sha256, size, media_type, state, created_at_us) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET dropped_at_us = NULL",
    )?
    .execute((
        blob.sha256,
        integer(blob.size),
        &blob.media_type,
        blob.state.as_str(),
        micros(blob.created_at),
    ))?;
    Ok(())
}

fn drop_blobs(c: &Connection, sha256: &[[u8; 32]], at: Timestamp) -> Result<(), StoreError> {
    let mut dropped = c.prepare_cached(
        "UPDATE blob SET dropped_at_us = ?2
         WHERE sha256 = ?1 AND state = 'at_hub' AND dropped_at_us IS NULL",
    )?;
    let mut put_up =
        c.prepare_cached("INSERT INTO blob_to_remove (sha256) VALUES (?1) ON CONFLICT DO NOTHING")?;
    for sha256 in sha256 {
        if dropped.execute((sha256, micros(at)))? == 1 {
            put_up.execute([sha256])?;
        }
    }
    Ok(())
}

fn store_parked(c: &Connection, entry: &ParkedEntry) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO parked (stream, seq, code, at_us, raw) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    )?
    .execute((entry.stream.as_str(), integer(entry.seq), &entry.code, micros(entry.at), &entry.raw))?;
    Ok(())
}

fn down_taken(
    c: &Connection,
    epoch: u64,
    seq: u64,
    prev: &[u8; 32],
    hash: &[u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    let cursor = crate::query::cursors::down(c)?;
    // The hub may have begun its journal for this node anew: then its first entry is the next one.
    let begins = seq == 1 && *prev == journal::entry::NO_HASH;
    let follows = match &cursor {
        Some(cursor) if epoch == cursor.epoch => cursor.seq + 1 == seq && cursor.hash == *prev,
        Some(cursor) => epoch > cursor.epoch && begins,
        None => begins,
    };
    if !follows {
        return Err(StoreError::Conflict("down.not_next"));
    }
    c.prepare_cached(
        "INSERT INTO down_cursor (id, epoch, seq, hash, at_us) VALUES (1, ?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET epoch = ?1, seq = ?2, hash = ?3, at_us = ?4",
    )?
    .execute((integer(epoch), integer(seq), hash, micros(at)))?;
    Ok(())
}

fn trim(c: &Connection, before: Timestamp, accesses_before: Timestamp) -> Result<(), StoreError> {
    let events = format!(
        "DELETE FROM event WHERE id IN
         (SELECT id FROM event WHERE at_us < ?1 ORDER BY at_us LIMIT {TRIMMED_ROWS_MAX})"
    );
    // Also those that never came out: nobody waits for a paper of then. Only the oldest rows are looked
    // at (ids are in the order of time), so that the writer does not read through those that stay.
    let print_jobs = format!(
        "DELETE FROM print_job WHERE id IN (SELECT id FROM
         (SELECT id, updated_at_us FROM print_job ORDER BY id LIMIT {TRIMMED_ROWS_MAX})
         WHERE updated_at_us < ?1)"
    );
    for sql in [
        &*events,
        &*print_jobs,
        "DELETE FROM session WHERE expires_at_us < ?1",
        "DELETE FROM rating_token WHERE expires_at_us < ?1",
        "DELETE FROM rating_asked WHERE hour_us < ?1",
    ] {
        c.prepare_cached(sql)?.execute([micros(before)])?;
    }
    // Rows are written in the order of time: the oldest stand first, and only they need be looked at.
    let accesses = format!(
        "DELETE FROM access_log WHERE id IN (SELECT id FROM
         (SELECT id, at_us FROM access_log ORDER BY id LIMIT {TRIMMED_ROWS_MAX}) WHERE at_us < ?1)"
    );
    c.prepare_cached(&accesses)?.execute([micros(accesses_before)])?;
    Ok(())
}
