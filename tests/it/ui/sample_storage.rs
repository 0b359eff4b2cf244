//! Destinations that each have something to be told, to be looked at without an engine.

use strongroom::engine::message::{Answer, KeysOwed, Overview, Question};
use strongroom::model::drive::Share;
use strongroom::model::location::Location;
use strongroom::model::problem::{Code, Problem};
use strongroom::model::status::{Status, Why};

use super::sample;

/// Opens with a former password.
const OWED: &str = "sftp://ada@nas/~/backups";
/// Shows a certificate for another name.
const MISTRUSTED: &str = "webdav://ada@cloud.example.org/dav/backups";
/// Nearly full.
const FULL: &str = "ftps://ada@box.local/backups";
/// Away for long.
const AWAY: &str = "s3://photos/ada?region=eu-central-1";
/// By credentials that may not delete.
const KEEPS_ALL: &str = "az://adabackups/vault";
/// On another machine's disk.
const SHARE: &str = "/mnt/family/backups";

fn at(address: &str) -> Location {
    Location::of_server(address).expect("of a server").expect("an address")
}

/// The first backup goes to all of them.
pub fn servers() -> Overview {
    let mut overview = sample::healthy();
    let since = sample::at("2026-11-12T20:14:00Z");
    let first = &mut overview.plans[0];
    first.plan.destinations.extend([OWED, MISTRUSTED, FULL, AWAY, KEEPS_ALL].map(at));
    first.plan.destinations.push(Location::local(SHARE));
    first.behind = [MISTRUSTED, AWAY].map(at).into();
    (first.status, first.why) = (Status::NeedsAttention, Why::Away { destination: at(AWAY), since });
    overview
}

pub fn answer(question: &Question) -> Option<Result<Answer, Problem>> {
    match question {
        Question::KeysOwed { location } if *location == at(OWED) => {
            let overview = sample::healthy();
            let plan = &overview.plans[0].plan;
            let owed = KeysOwed { plan: plan.id.clone(), from: plan.destinations.first().cloned() };
            Some(Ok(Answer::KeysOwed(vec![owed])))
        }
        Question::DestinationStatus { location } => {
            let Some(Ok(Answer::DestinationStatus(mut status))) = sample::answer(question) else { return None };
            if *location != Location::local("/media/ada/Blue disk") {
                status.plans.truncate(1);
                (status.latency_ms, status.used) = (Some(34), 60_000_000_000);
            }
            status.deletable = *location != at(KEEPS_ALL);
            if *location == Location::local(SHARE) {
                status.share = Some(Share { kind: "nfs4".into(), source: "attic:/export/family".into() });
            } else if *location == at(FULL) {
                status.free = Some(3_100_000_000);
            } else if *location == at(MISTRUSTED) {
                status.problem = Some(Problem::new(
                    Code::ServerCertificateInvalid,
                    "The server's certificate was made for storage.example.net, not for the name in the address.",
                    "Nothing was sent to it. Correct the server's name in the address; if it is right, ask whoever runs the server.",
                ));
            } else if *location == at(AWAY) {
                status.problem = Some(Problem::new(
                    Code::DestinationMissing,
                    "The server does not answer.",
                    "Check the network and that the server runs, and try again. What was backed up before is whole.",
                ));
            }
            if status.problem.is_some() {
                (status.free, status.total, status.latency_ms, status.used) = (None, None, None, 0);
                for plan in &mut status.plans {
                    (plan.stored, plan.remembered) = (None, true);
                }
            }
            Some(Ok(Answer::DestinationStatus(status)))
        }
        _ => None,
    }
}
