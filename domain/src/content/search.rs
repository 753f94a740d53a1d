//! Finding German words: umlauts in any spelling, words inside compounds, and other endings.

/// Least letters that stay of a word without its ending.
const STEM: usize = 4;
/// Endings German words take, the longest first.
const ENDINGS: [&str; 9] = ["ungen", "ern", "em", "en", "er", "es", "e", "n", "s"];

/// Letters and digits in lower case with the dots and their spellings gone, words separated by one space:
/// „Straßenreinigung", „STRASSENREINIGUNG"; „Kindergärten", „Kindergaerten", „Kindergarten…".
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' | 'á' | 'à' | 'â' => folded.push('a'),
            'ö' | 'ó' | 'ò' | 'ô' => folded.push('o'),
            'ü' | 'ú' | 'ù' | 'û' => folded.push('u'),
            'é' | 'è' | 'ê' | 'ë' => folded.push('e'),
            'ß' => folded.push_str("ss"),
            // The other spelling of an umlaut: both sides of a comparison lose the e.
            'e' if folded.ends_with(['a', 'o', 'u']) => {}
            c if c.is_alphanumeric() => folded.push(c),
            _ if folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
    }
    folded.trim().to_owned()
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Wanted(Vec<String>);

impl Wanted {
    /// The words of a query without their endings.
    pub fn parse(query: &str) -> Self {
        Self(fold(query).split(' ').filter(|word| !word.is_empty()).map(stem).collect())
    }

    /// How well a piece fits: the sum over all words of where each is found first, higher is better; none
    /// where a word is found nowhere.
    pub fn rank(&self, words: &Words) -> Option<u32> {
        self.0.iter().map(|word| words.rank(word)).sum()
    }
}

fn stem(word: &str) -> String {
    let stemmed = ENDINGS
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.chars().count() >= STEM));
    stemmed.unwrap_or(word).to_owned()
}

/// The words of a piece, folded, in all its languages.
#[derive(Clone, Debug, Default)]
pub struct Words {
    title: String,
    rest: String,
}

impl Words {
    /// The words of titles and of everything else.
    pub fn new<'a>(titles: impl Iterator<Item = &'a str>, rest: impl Iterator<Item = &'a str>) -> Self {
        let joined = |texts: Vec<&str>| format!(" {} ", fold(&texts.join(" ")));
        Self { title: joined(titles.collect()), rest: joined(rest.collect()) }
    }

    fn rank(&self, word: &str) -> Option<u32> {
        let begins =
            |text: &str| text.match_indices(word).any(|(at, _)| at > 0 && text.get(at - 1..at) == Some(" "));
        if begins(&self.title) {
            Some(8)
        } else if self.title.contains(word) {
            Some(4)
        } else if begins(&self.rest) {
            Some(2)
        } else {
            self.rest.contains(word).then_some(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(query: &str, title: &str, rest: &str) -> Option<u32> {
        Wanted::parse(query).rank(&Words::new([title].into_iter(), [rest].into_iter()))
    }

    #[test]
    fn german_is_found_in_any_spelling() {
        for query in ["Straße", "strasse", "STRASSE", "Straßen", "strassen", "reinigung", "Reinigungen"] {
            assert!(rank(query, "Satzung über die Straßenreinigung", "").is_some(), "{query}");
        }
        for query in ["Kindergärten", "Kindergaerten", "Kindergarten", "kindergarten", "Kindergartens"] {
            assert!(rank(query, "Der Kindergarten Spatzennest", "").is_some(), "{query}");
            assert!(rank(query, "Alle Kindergärten haben zu", "").is_some(), "{query}");
        }
        for query in ["Düben", "Dueben", "duben", "bad düben"] {
            assert!(rank(query, "Bad Düben feiert", "").is_some(), "{query}");
        }
        assert!(rank("Müllabfuhr", "", "Die Muellabfuhr kommt später.").is_some());
        assert!(rank("Freibäder", "Das Freibad öffnet", "").is_some());
        assert_eq!(rank("Hallenbad", "Das Freibad öffnet", ""), None);
    }

    #[test]
    fn every_word_counts_and_titles_count_most() {
        assert_eq!(rank("Markt Sperrung", "Markt", ""), None);
        assert!(rank("Markt", "Markt am Donnerstag", "") > rank("Markt", "Wochenmarkt", ""));
        assert!(rank("Markt", "Wochenmarkt", "") > rank("Markt", "Sperrung", "wegen Markt"));
        assert!(rank("Markt", "Sperrung", "wegen Markt") > rank("Markt", "Sperrung", "wegen Wochenmarkt"));
    }
}
