//! What opens a bucket and nobody types: the role of a machine or a container, a proof of somebody elsewhere, a shared access signature,
//! the file of a service account.

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use sha2::Sha256;

use crate::bucket::Person;
use crate::servers::between;
use crate::servers::elsewhere::Elsewhere;
use crate::servers::fake::{Fake, answer};
use crate::servers::stores::{AZURE_ACCOUNT, AZURE_KEY, BUCKET, Kind, S3_KEY, S3_SECRET};
use crate::support::{Ran, Random, World, assert_same, tool};

impl Person {
    /// The whole job at an address, by nothing but `access`; `more`: what the first command is told besides.
    fn does_all(&self, address: &str, more: &str, access: &dyn Fn(&mut Command)) {
        fs::create_dir(self.world.source()).unwrap();
        fs::write(self.world.source().join("a"), Random(77).bytes(300_000)).unwrap();
        let run = |line: &str| self.bare(&line.replace('%', address), access).ok();
        let first = run(&format!("backup --source @source --to % --json {more}")).last()["version"].as_str().unwrap().to_owned();
        fs::write(self.world.source().join("b"), Random(78).bytes(2_000_000)).unwrap();
        run("backup --source @source --to %");
        run("verify --from % --depth full");
        run("restore --from % --to @out");
        assert_same(&self.world.source(), &self.world.path("out/source"));
        fs::remove_dir_all(self.world.path("out")).unwrap();
        run(&format!("delete --from % --version {first}"));
        run("storage test %");
    }
}

fn run(world: &World, line: &str, access: &dyn Fn(&mut Command)) -> Ran {
    world.run_with(line, |command| {
        command.env("HOME", world.path("person"));
        access(command);
    })
}

const UNTIL: &str = "2099-01-01T00:00:00Z";

#[test]
fn a_containers_role_opens_s3() {
    let person = Person::new(Kind::S3s);
    let role = Fake::start(|asked, _| match (asked.target.as_str(), asked.header("authorization")) {
        ("/creds", "token-of-the-container") => {
            let credentials =
                json!({ "AccessKeyId": S3_KEY, "SecretAccessKey": S3_SECRET, "Token": "for-an-hour", "Expiration": UNTIL });
            answer("200 OK", "Content-Type: application/json\r\n", credentials.to_string().as_bytes())
        }
        _ => answer("403 Forbidden", "", b"{}"),
    });
    let with = |token: &'static str| {
        let uri = format!("http://127.0.0.1:{}/creds", role.port);
        move |command: &mut Command| {
            command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri).env("AWS_CONTAINER_AUTHORIZATION_TOKEN", token);
        }
    };
    person.does_all(&person.keyless(), "", &with("token-of-the-container"));
    let refused = person.bare(&format!("versions --from {} --json", person.keyless()), with("another"));
    assert_eq!((refused.problem().as_str(), refused.code), ("storage-password-needed", Some(12)), "{}", refused.out);
}

#[test]
fn a_machines_role_opens_s3() {
    let person = Person::new(Kind::S3s);
    let machine = Fake::start(|asked, _| {
        let list = "/latest/meta-data/iam/security-credentials/";
        match (asked.method.as_str(), asked.target.as_str(), asked.header("x-aws-ec2-metadata-token")) {
            ("PUT", "/latest/api/token", _) => answer("200 OK", "", b"token-of-the-machine"),
            ("GET", target, "token-of-the-machine") if target == list => answer("200 OK", "", b"backup"),
            ("GET", target, "token-of-the-machine") if target.strip_prefix(list) == Some("backup") => {
                let credentials = json!({
                    "Code": "Success",
                    "AccessKeyId": S3_KEY,
                    "SecretAccessKey": S3_SECRET,
                    "Token": "for-an-hour",
                    "Expiration": UNTIL,
                });
                answer("200 OK", "", credentials.to_string().as_bytes())
            }
            _ => answer("401 Unauthorized", "", b""),
        }
    });
    let endpoint = format!("http://127.0.0.1:{}", machine.port);
    person.does_all(&person.keyless(), "", &|command| _ = command.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint));
    // Where nobody says that there is one, nobody is asked.
    let before = machine.asked().len();
    let alone = person.bare(&format!("versions --from {} --json", person.keyless()), |_| {});
    assert_eq!((alone.problem().as_str(), machine.asked().len()), ("storage-password-needed", before), "{}", alone.out);
}

#[test]
fn a_proof_of_somebody_elsewhere_opens_s3() {
    let person = Person::new(Kind::S3s);
    let world = &person.world;
    let elsewhere = Elsewhere::start(&world.path("ca"), &["sts.amazonaws.com"], |_, asked| {
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        if !body.contains("WebIdentityToken=proof-of-elsewhere") || !body.contains("Action=AssumeRoleWithWebIdentity") {
            return answer("403 Forbidden", "", b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
        }
        let credentials = format!(
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>{S3_KEY}</AccessKeyId>\
             <SecretAccessKey>{S3_SECRET}</SecretAccessKey><SessionToken>for-an-hour</SessionToken><Expiration>{UNTIL}</Expiration>\
             </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        );
        answer("200 OK", "Content-Type: text/xml\r\n", credentials.as_bytes())
    });
    fs::write(world.path("proof"), "proof-of-elsewhere").unwrap();
    let access = |command: &mut Command| {
        command.env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup");
        command.env("AWS_WEB_IDENTITY_TOKEN_FILE", world.path("proof")).env("HTTPS_PROXY", elsewhere.proxy());
        command.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("https_proxy");
    };
    person.does_all(&person.keyless(), &format!("--ca-file {}", elsewhere.ca_file.display()), &access);
    assert!(!elsewhere.asked().is_empty());
    fs::write(world.path("proof"), "somebody-else").unwrap();
    let refused = person.bare(&format!("versions --from {} --json", person.keyless()), access);
    assert_eq!((refused.problem().as_str(), refused.code), ("storage-password-needed", Some(12)), "{}", refused.out);
}

fn signed(text: &str) -> String {
    let key = data_encoding::BASE64.decode(AZURE_KEY.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(text.as_bytes());
    utf8_percent_encode(&data_encoding::BASE64.encode(&mac.finalize().into_bytes()), NON_ALPHANUMERIC).to_string()
}

/// For all containers of the account.
fn sas_of_account() -> String {
    let (version, may, until) = ("2019-12-12", "rwdlac", "2099-01-01T00:00:00Z");
    let text = [AZURE_ACCOUNT, may, "b", "sco", "", until, "", "https,http", version, ""].join("\n");
    let until = utf8_percent_encode(until, NON_ALPHANUMERIC);
    format!("sv={version}&ss=b&srt=sco&sp={may}&se={until}&spr=https%2Chttp&sig={}", signed(&text))
}

/// For what lies in the one container.
fn sas_of_container(may: &str) -> String {
    let (version, until) = ("2019-12-12", "2099-01-01T00:00:00Z");
    let resource = format!("/blob/{AZURE_ACCOUNT}/{BUCKET}");
    let text = [may, "", until, &resource, "", "", "https,http", version, "c", "", "", "", "", "", ""].join("\n");
    let until = utf8_percent_encode(until, NON_ALPHANUMERIC);
    format!("sv={version}&sr=c&sp={may}&se={until}&spr=https%2Chttp&sig={}", signed(&text))
}

#[test]
fn a_shared_access_signature_opens_azure() {
    for sas in [sas_of_account(), sas_of_container("racwdl"), format!("?{}", sas_of_container("racwdl"))] {
        let person = Person::new(Kind::Azurite);
        let address = person.store.address("own");
        person.does_all(&address, "", &|command| {
            command.env("AZURE_STORAGE_ACCOUNT", AZURE_ACCOUNT).env("AZURE_STORAGE_SAS_TOKEN", &sas);
        });
    }
    // As a password of ours; and one that another key has signed, that of another account, and one that lets nobody write.
    let person = Person::new(Kind::Azurite);
    let address = person.store.address("own");
    person.does_all(&address, "", &|command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", sas_of_container("racwdl")));
    let world = World::new();
    fs::create_dir_all(world.path("person")).unwrap();
    let tried = |account: &str, sas: String| {
        run(&world, &format!("storage test {address} --json"), &|command| {
            command.env("AZURE_STORAGE_ACCOUNT", account).env("AZURE_STORAGE_SAS_TOKEN", &sas);
        })
    };
    let forged = tried(AZURE_ACCOUNT, sas_of_account().replace("&ss=b&", "&ss=bfqt&")).code(12);
    assert_eq!(forged.problem(), "storage-password");
    assert_eq!(tried("other", sas_of_account()).code(12).problem(), "storage-password-needed");
    tried(AZURE_ACCOUNT, sas_of_container("rl")).code(1);
}

/// The names are those of the libraries that Azure's own tools are made with.
#[test]
fn what_is_sent_to_azure_brings_its_sum_whoever_names_the_key() {
    let person = Person::new(Kind::Azurite);
    let sums = Arc::new(Mutex::new(Vec::new()));
    let seen = sums.clone();
    let port = between::before(person.store.port, move |asked| {
        if asked.method == "PUT" && !asked.header("x-ms-blob-type").is_empty() {
            assert!(asked.header("authorization").starts_with("SharedKey "), "{asked:?}");
            seen.lock().unwrap().push(asked.header("content-md5").to_owned());
        }
        None
    });
    let address = person.store.address("own").replace(&format!(":{}", person.store.port), &format!(":{port}"));
    // The store says no to a header that its key has not signed.
    person.does_all(&address, "", &|command| {
        command.env("AZURE_STORAGE_ACCOUNT_NAME", AZURE_ACCOUNT).env("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY);
    });
    let sums = sums.lock().unwrap();
    assert!(!sums.is_empty() && sums.iter().all(|sum| !sum.is_empty()), "{sums:?}");
}

#[test]
fn a_service_accounts_file_opens_google() {
    const EMAIL: &str = "backup@project.iam.gserviceaccount.com";
    let world = World::new();
    fs::create_dir_all(world.path("person")).unwrap();
    let elsewhere = Elsewhere::start(&world.path("ca"), &["oauth2.googleapis.com"], |_, asked| {
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        let claims = body.split("assertion=").nth(1).and_then(|jwt| jwt.split('.').nth(1)).unwrap_or_default();
        let claims = data_encoding::BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap_or_default();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap_or_default();
        if asked.target != "/token" || claims["iss"] != EMAIL {
            return answer("401 Unauthorized", "", br#"{"error":"invalid_grant"}"#);
        }
        let token = r#"{"access_token":"token-for-an-hour","token_type":"Bearer","expires_in":3600}"#;
        answer("200 OK", "Content-Type: application/json\r\n", token.as_bytes())
    });
    // An empty bucket, for whoever has the token.
    let bucket = Fake::start(|asked, _| match asked.header("authorization") {
        "Bearer token-for-an-hour" => answer("200 OK", "Content-Type: application/json\r\n", br#"{"kind":"storage#objects"}"#),
        _ => answer("401 Unauthorized", "", br#"{"error":{"code":401,"message":"Invalid Credentials"}}"#),
    });
    let key = world.path("key.pem");
    tool("openssl", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key.to_str().unwrap()]);
    let account = |email: &str| {
        json!({
            "type": "service_account",
            "client_email": email,
            "private_key_id": "1",
            "private_key": fs::read_to_string(&key).unwrap(),
            "token_uri": "https://oauth2.googleapis.com/token",
        })
        .to_string()
    };
    fs::write(world.path("account.json"), account(EMAIL)).unwrap();
    let line = format!(
        "versions --from gs://{BUCKET}/own?endpoint=http://127.0.0.1:{} --ca-file {} --json",
        bucket.port,
        elsewhere.ca_file.display()
    );
    let asked = |access: &dyn Fn(&mut Command)| {
        let ran = run(&world, &line, &|command| {
            command.env("HTTPS_PROXY", elsewhere.proxy());
            command.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("https_proxy");
            access(command);
        });
        (ran.problem(), ran.code)
    };
    let empty = ("nothing-there".to_owned(), Some(10));
    let file = world.path("account.json");
    assert_eq!(asked(&|command| _ = command.env("GOOGLE_APPLICATION_CREDENTIALS", &file)), empty, "named to Google's own tools");
    assert_eq!(asked(&|command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", account(EMAIL))), empty, "as a password of ours");
    assert!(bucket.asked().iter().any(|asked| asked.header("authorization") == "Bearer token-for-an-hour"));
    let other =
        asked(&|command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", account("other@project.iam.gserviceaccount.com")));
    assert_eq!(other.1, Some(12), "{other:?}");
}

#[test]
fn a_machine_of_googles_opens_google() {
    let world = World::new();
    fs::create_dir_all(world.path("person")).unwrap();
    let machine = Fake::start(|asked, _| {
        let is_right = asked.target.starts_with("/computeMetadata/v1/instance/service-accounts/default/token")
            && asked.header("metadata-flavor") == "Google";
        match is_right {
            true => answer(
                "200 OK",
                "Content-Type: application/json\r\n",
                br#"{"access_token":"token-of-the-machine","expires_in":3600}"#,
            ),
            false => answer("404 Not Found", "", b""),
        }
    });
    let bucket = Fake::start(|asked, _| match asked.header("authorization") {
        "Bearer token-of-the-machine" => answer("200 OK", "Content-Type: application/json\r\n", br#"{"kind":"storage#objects"}"#),
        _ => answer("401 Unauthorized", "", br#"{"error":{"code":401,"message":"Invalid Credentials"}}"#),
    });
    let line = format!("versions --from gs://{BUCKET}/own?endpoint=http://127.0.0.1:{} --json", bucket.port);
    let host = format!("127.0.0.1:{}", machine.port);
    let ran = run(&world, &line, &|command| _ = command.env("GCE_METADATA_HOST", &host));
    assert_eq!((ran.problem().as_str(), ran.code), ("nothing-there", Some(10)), "{}", ran.out);
    let alone = run(&world, &line, &|_| {});
    assert_eq!(alone.code, Some(12), "{}", alone.out);
}
