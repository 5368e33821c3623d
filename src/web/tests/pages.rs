use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};

use super::client::ask;
use super::house;
use crate::lan_authority::{LanNames, ensure};
use crate::{ServeOptions, assets, openapi, serve, tls};

#[actix_web::test]
async fn a_surface_answers_also_under_its_own_ways_and_says_when_it_is_not_built() {
    let house = house::open();
    for path in ["/console", "/console/dossiers/17", "/hall"] {
        let page = ask(house.address, "GET", path, &[], "").await;
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        if assets::built() {
            assert_eq!(page.status, 200, "{path}");
            let tag = page.header("etag").unwrap();
            let again = ask(house.address, "GET", path, &[("If-None-Match", tag)], "").await;
            assert_eq!(again.status, 304);
            let takes = [("gzip, deflate, br, zstd", Some("gzip")), ("br, zstd", None)];
            for (accepted, packing) in takes {
                let accepts = [("Accept-Encoding", accepted)];
                let answer = ask(house.address, "GET", path, &accepts, "").await;
                assert_eq!(answer.header("content-encoding"), packing, "{accepted}");
                assert_eq!(answer.header("vary"), Some("accept-encoding"));
            }
        } else {
            assert_eq!(page.status, 503, "{path}");
            assert!(page.body.contains("./provision/setup"));
        }
    }
    let home = ask(house.address, "GET", "/", &[], "").await;
    assert_eq!((home.status, home.header("location")), (303, Some("/console")));
    house.serving.stop().await;
}

#[actix_web::test]
async fn no_name_climbs_out_of_the_pages() {
    let house = house::open();
    for path in [
        "/../Cargo.toml",
        "/assets/../../Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/build.rs",
        "//etc/passwd",
        "/%00",
        "/.built",
        "/fleet",
    ] {
        let answer = ask(house.address, "GET", path, &[], "").await;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
    }
    house.serving.stop().await;
}

#[derive(utoipa::OpenApi)]
#[openapi(
    paths(crate::session_api::show, crate::session_api::sign_in, crate::session_api::sign_out),
    components(schemas(crate::Problem))
)]
struct Document;

#[actix_web::test]
async fn the_description_of_the_api_is_served() {
    let options = ServeOptions { workers: 1, ..ServeOptions::default() };
    let serving = serve("127.0.0.1:0", None, &options, |cfg| {
        let document = <Document as utoipa::OpenApi>::openapi();
        cfg.service(web::scope("/api").configure(|cfg| openapi::configure(&document, cfg)));
    })
    .unwrap();
    let answer = ask(serving.addresses[0], "GET", "/api/openapi.json", &[], "").await;
    let document = answer.json();
    assert!(document["paths"]["/api/v1/session"]["post"].is_object());
    let problem = &document["components"]["schemas"]["Problem"]["properties"];
    assert!(problem["code"].is_object() && problem["status"].is_null(), "{problem}");
    serving.stop().await;
}

#[actix_web::test]
async fn tls_is_spoken_and_a_new_certificate_is_taken_over_while_serving() {
    let folder = tempfile::tempdir().unwrap();
    let names = |more: &[&str]| LanNames {
        host: "trungtam".into(),
        more: more.iter().map(|n| n.to_string()).collect(),
    };
    let made = ensure(folder.path(), &names(&[]), Timestamp::now()).unwrap();
    let options = ServeOptions { workers: 1, ..ServeOptions::default() };
    let serving = serve("127.0.0.1:0", Some(&made.identity), &options, |cfg| {
        cfg.route("/", web::get().to(|| async { HttpResponse::Ok().body("xin chào") }));
    })
    .unwrap();
    let address = serving.addresses[0];

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&made.authority_file).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let get = async |name: &'static str| {
        let config = Arc::clone(&config);
        let task = tokio::task::spawn_blocking(move || -> std::io::Result<String> {
            let name = ServerName::try_from(name).unwrap();
            let mut connection = ClientConnection::new(config, name).unwrap();
            let mut socket = TcpStream::connect(address)?;
            let mut stream = Stream::new(&mut connection, &mut socket);
            stream.write_all(
                b"GET / HTTP/1.1\r\nHost: trungtam.local\r\nConnection: close\r\n\r\n",
            )?;
            let mut text = String::new();
            stream.read_to_string(&mut text)?;
            Ok(text)
        });
        task.await.unwrap()
    };
    for name in ["trungtam.local", "localhost", "127.0.0.1"] {
        assert!(get(name).await.unwrap().ends_with("xin chào"), "{name}");
    }
    assert!(get("kiosk.local").await.is_err());
    ensure(folder.path(), &names(&["kiosk.local"]), Timestamp::now()).unwrap();
    assert!(get("kiosk.local").await.is_err(), "not before it is taken over");
    made.identity.reload().unwrap();
    assert!(get("kiosk.local").await.unwrap().ends_with("xin chào"));
    serving.stop().await;
}
