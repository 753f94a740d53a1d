//! What a broadcast carries besides its words: pictures and documents, taken in as those of content are. An app
//! shows them, a letter links to them; text messages, calls and push messages say nothing of them.

use serde::{Deserialize, Serialize};

use crate::{
    Violation,
    content::{Picture, texts::faults},
    error::Code,
    ids::ContentFileId,
    text::Name,
};

/// Pictures of one broadcast.
pub const MOST_PICTURES: usize = 5;
/// Documents of one broadcast.
pub const MOST_DOCUMENTS: usize = 5;

/// A PDF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BroadcastDocument)]
pub struct Document {
    /// Which one, as it was sent.
    pub id: ContentFileId,
    /// What it is called.
    #[schema(example = "Plan der Sammelstellen")]
    pub label: Name,
}

/// The pictures and documents of one broadcast.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = BroadcastAttachments)]
pub struct Attachments {
    /// Pictures, each with what it shows for who cannot see it.
    #[schema(max_items = 5)]
    pub pictures: Vec<Picture>,
    /// Documents.
    #[schema(max_items = 5)]
    pub documents: Vec<Document>,
}

impl Attachments {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.documents.is_empty()
    }

    /// What is wrong with them, without looking anything up.
    pub(super) fn violations(&self, pointer: &str) -> Vec<Violation> {
        let mut wrong = Vec::new();
        if self.pictures.len() > MOST_PICTURES {
            wrong.push(Violation::new(format!("{pointer}/pictures"), Code::TooMany));
        }
        if self.documents.len() > MOST_DOCUMENTS {
            wrong.push(Violation::new(format!("{pointer}/documents"), Code::TooMany));
        }
        for (number, picture) in self.pictures.iter().enumerate() {
            wrong.extend(faults(&picture.alternatives, &format!("{pointer}/pictures/{number}/alternatives")));
        }
        wrong
    }

    /// The files they name, each with its pointer and whether it is a document.
    pub fn files(&self) -> Vec<(ContentFileId, String, bool)> {
        let pictures = self.pictures.iter().map(|picture| picture.id).enumerate();
        let pictures = pictures.map(|(n, id)| (id, format!("/attachments/pictures/{n}/id"), false));
        let documents = self.documents.iter().map(|document| document.id).enumerate();
        pictures
            .chain(documents.map(|(n, id)| (id, format!("/attachments/documents/{n}/id"), true)))
            .collect()
    }
}
