//! A CA and a certificate for `localhost`, in files.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

pub(crate) struct Pki {
    dir: TempDir,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let pki = Self { dir: TempDir::new().unwrap() };
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(pki.path("ca"), ca.pem()).unwrap();
        // As `openssl req -x509` makes it: an authority that is the server's own certificate.
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own_key = KeyPair::generate().unwrap();
        fs::write(pki.path("own"), params.self_signed(&own_key).unwrap().pem()).unwrap();
        fs::write(pki.path("own_key"), own_key.serialize_pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        fs::write(pki.path("cert"), params.signed_by(&key, &ca).unwrap().pem()).unwrap();
        fs::write(pki.path("key"), key.serialize_pem()).unwrap();
        pki
    }

    /// `ca`, `cert` and `key`; or `own` and `own_key`, of a self-signed certificate.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}
