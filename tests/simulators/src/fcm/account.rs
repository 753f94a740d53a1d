//! The service account: the file Google hands to a developer.

use std::path::Path;

use rcgen::{KeyPair, PKCS_RSA_SHA256};
use serde::{Deserialize, Serialize};

use crate::{StartError, tls};

/// The JSON file of a service account, with `token_uri` pointing to the simulator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceAccount {
    #[serde(rename = "type")]
    pub kind: String,
    pub project_id: String,
    pub private_key_id: String,
    /// RSA, 2048 bits: PKCS #8, PEM.
    pub private_key: String,
    pub client_email: String,
    pub client_id: String,
    /// Where to get access tokens.
    pub token_uri: String,
}

impl ServiceAccount {
    /// A fresh key with made-up names for the given project. The simulator sets `token_uri` when it starts.
    pub fn generate(project_id: impl Into<String>) -> Result<Self, StartError> {
        let project_id = project_id.into();
        Ok(Self {
            kind: "service_account".to_owned(),
            private_key_id: "51b0000000000000000000000000000000000001".to_owned(),
            private_key: KeyPair::generate_for(&PKCS_RSA_SHA256)?.serialize_pem(),
            client_email: format!("simulator@{project_id}.iam.gserviceaccount.com"),
            client_id: "100000000000000000001".to_owned(),
            token_uri: String::new(),
            project_id,
        })
    }

    /// Reads `fcm-service-account.json` in `folder`, or makes the account for the given project.
    pub fn load_or_generate(folder: &Path, project_id: &str) -> Result<Self, StartError> {
        let file = folder.join(FILE);
        if file.exists() { Ok(serde_json::from_str(&tls::read(file)?)?) } else { Self::generate(project_id) }
    }

    /// Writes `fcm-service-account.json` into `folder`.
    pub fn save(&self, folder: &Path) -> Result<(), StartError> {
        tls::write(folder.join(FILE), &self.to_json())
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        // A struct of strings always becomes JSON.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    pub(super) fn public_key_pem(&self) -> Result<String, StartError> {
        Ok(KeyPair::from_pem(&self.private_key)?.public_key_pem())
    }
}

const FILE: &str = "fcm-service-account.json";
