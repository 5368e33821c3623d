//! The one name that rumqttc takes from rustls-webpki 0.102, given from the maintained 0.103.
pub use webpki103::Error;
