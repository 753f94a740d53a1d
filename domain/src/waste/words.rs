//! What sources call kinds of waste.

use std::collections::BTreeSet;

use super::WasteType;
use crate::ids::WasteTypeId;

/// Days that calendars print between the collections. A line that is only one of these collects nothing.
const NO_COLLECTIONS: [&str; 39] = [
    "neujahr",
    "heiligedreikoenige",
    "dreikoenig",
    "dreikoenigstag",
    "rosenmontag",
    "faschingsdienstag",
    "aschermittwoch",
    "frauentag",
    "internationalerfrauentag",
    "gruendonnerstag",
    "karfreitag",
    "karsamstag",
    "ostersonntag",
    "ostermontag",
    "tagderarbeit",
    "maifeiertag",
    "1mai",
    "muttertag",
    "christihimmelfahrt",
    "himmelfahrt",
    "vatertag",
    "pfingstsonntag",
    "pfingstmontag",
    "fronleichnam",
    "mariaehimmelfahrt",
    "weltkindertag",
    "tagderdeutscheneinheit",
    "reformationstag",
    "allerheiligen",
    "bussundbettag",
    "heiligabend",
    "weihnachten",
    "1weihnachtstag",
    "1weihnachtsfeiertag",
    "2weihnachtstag",
    "2weihnachtsfeiertag",
    "silvester",
    "feiertag",
    "gesetzlicherfeiertag",
];

/// Folds a text for comparison: letters and digits, without capitals and umlauts.
pub fn folded(text: &str) -> String {
    let mut key = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            'ß' => key.push_str("ss"),
            'ä' => key.push_str("ae"),
            'ö' => key.push_str("oe"),
            'ü' => key.push_str("ue"),
            c if c.is_alphanumeric() => key.push(c),
            _ => {}
        }
    }
    key
}

/// What a text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// These kinds of waste.
    Waste(BTreeSet<WasteTypeId>),
    /// A holiday, and no collection.
    Holiday,
    /// Something nobody told us about, in whole or in part.
    Unknown,
}

/// The words of a town's kinds of waste.
pub struct Vocabulary(Vec<(String, WasteTypeId)>);

impl Vocabulary {
    /// The words of these kinds, and their names.
    pub fn of(types: &[WasteType]) -> Self {
        let words = types.iter().flat_map(|kind| {
            let names = [Some(kind.names.de.as_str()), kind.names.en.as_ref().map(|name| name.as_str())];
            let named = names.into_iter().flatten().chain([kind.code.as_str()]);
            let all = named.chain(kind.words.iter().map(|word| word.as_str()));
            all.map(|word| (folded(word), kind.id)).collect::<Vec<_>>()
        });
        let mut words: Vec<_> = words.filter(|(word, _)| !word.is_empty()).collect();
        // The longest counts where one holds another: `Sperrmüll auf Abruf` before `Sperrmüll`.
        words.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then(a.cmp(b)));
        Self(words)
    }

    /// What a source's text means. Of several parts, `Restabfall, Biotonne`, each must be known: half of a
    /// line is not taken for the whole.
    pub fn meaning(&self, text: &str) -> Meaning {
        let whole = folded(text);
        if let Some((_, kind)) = self.0.iter().find(|(word, _)| *word == whole) {
            return Meaning::Waste(BTreeSet::from([*kind]));
        }
        if NO_COLLECTIONS.contains(&whole.as_str()) {
            return Meaning::Holiday;
        }
        let text = text.replace(" und ", ",");
        let parts = text.split([',', ';', '/', '+', '&', '|', '\n']).filter(|part| !folded(part).is_empty());
        let mut found = BTreeSet::new();
        for part in parts {
            match self.part(&folded(part)) {
                Some(kinds) => found.extend(kinds),
                None => return Meaning::Unknown,
            }
        }
        if found.is_empty() { Meaning::Unknown } else { Meaning::Waste(found) }
    }

    /// The kinds a part names; none where it names none.
    fn part(&self, part: &str) -> Option<BTreeSet<WasteTypeId>> {
        let mut rest = part.to_owned();
        let mut found = BTreeSet::new();
        for (word, kind) in &self.0 {
            if rest.contains(word.as_str()) {
                rest = rest.replace(word.as_str(), " ");
                found.insert(*kind);
            }
        }
        (!found.is_empty()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        categories::Names,
        text::{Line, Name, Slug},
    };

    fn kind(number: u128, code: &str, name: &str, words: &[&str]) -> WasteType {
        WasteType {
            id: WasteTypeId(uuid::Uuid::from_u128(number)),
            code: Slug::parse(code).unwrap(),
            names: Names { de: Name::parse(name).unwrap(), en: None },
            words: words.iter().map(|word| Line::parse(*word).unwrap()).collect(),
            position: 1,
            version: 1,
        }
    }

    #[test]
    fn a_source_s_words_are_understood_in_whole_or_not_at_all() {
        let kinds = [
            kind(1, "residual", "Restabfall", &["Restmüll", "Hausmüll"]),
            kind(2, "organic", "Biotonne", &["Bioabfall"]),
            kind(3, "paper", "Papier", &["Blaue Tonne", "Papier und Pappe"]),
            kind(4, "tree", "Weihnachtsbäume", &["Weihnachtsbaum"]),
            kind(5, "bulky", "Sperrmüll", &[]),
            kind(6, "bulky-on-call", "Sperrmüll auf Abruf", &[]),
        ];
        let words = Vocabulary::of(&kinds);
        for (text, wanted) in [
            ("Restabfall", vec![1]),
            ("RESTMUELL 2-wöchentlich", vec![1]),
            ("Restabfall, Bioabfall", vec![1, 2]),
            ("Hausmüll/Blaue Tonne + Biotonne", vec![1, 2, 3]),
            ("Papier und Pappe", vec![3]),
            ("Bioabfall und Papier", vec![2, 3]),
            ("Leerung Biotonne", vec![2]),
            ("Weihnachtsbaum-Abholung", vec![4]),
            ("Sperrmüll auf Abruf", vec![6]),
            ("Sperrmüll", vec![5]),
        ] {
            let wanted = wanted.into_iter().map(|n| WasteTypeId(uuid::Uuid::from_u128(n))).collect();
            assert_eq!(words.meaning(text), Meaning::Waste(wanted), "{text}");
        }
        for text in ["Restabfall, Schadstoffmobil", "Gelbe Säcke", "", "Restabfall und Glas"] {
            assert_eq!(words.meaning(text), Meaning::Unknown, "{text}");
        }
        for text in ["Karfreitag", "Buß- und Bettag", "1. Weihnachtstag", "CHRISTI HIMMELFAHRT"] {
            assert_eq!(words.meaning(text), Meaning::Holiday, "{text}");
        }
    }
}
