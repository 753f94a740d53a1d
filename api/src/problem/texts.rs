//! The one table of refusals: HTTP status, and title and detail in German and English.
//!
//! A detail may have several lines. A line with a placeholder such as `{municipality}` is left out where
//! its value is not known. The codes are the domain's; a new one does not compile without its row here.

use domain::{Code, Locale};

/// Title and detail in one language.
pub struct Text(pub &'static str, pub &'static str);

/// What the world gets to see of a code.
pub struct Row {
    /// HTTP status (RFC 9110).
    pub status: u16,
    de: Text,
    en: Text,
}

impl Row {
    /// The texts in `locale`.
    pub fn text(&self, locale: Locale) -> &Text {
        match locale {
            Locale::De => &self.de,
            Locale::En => &self.en,
        }
    }
}

const fn row(status: u16, de: Text, en: Text) -> Row {
    Row { status, de, en }
}

/// The row of `code`.
#[rustfmt::skip] // One shape for every row.
pub fn row_of(code: Code) -> Row {
    match code {
        Code::ValidationFailed => row(422,
            Text("Angaben unvollständig oder falsch", "Bitte prüfen Sie die genannten Felder."),
            Text("Something is missing or wrong", "Please check the fields named here.")),
        Code::MalformedJson => row(400,
            Text("Kein gültiges JSON", "Der Inhalt der Anfrage ist kein gültiges JSON."),
            Text("Not valid JSON", "The body of the request is not valid JSON.")),
        Code::MalformedParameter => row(400,
            Text("Parameter nicht lesbar", "Adresse, Suchparameter oder Kopfzeile enthält einen Wert, der sich nicht lesen lässt.\nBetroffen: {parameter}."),
            Text("Unreadable parameter", "The path, the query or a header holds a value that cannot be read.\nIt is: {parameter}.")),
        Code::NotFound => row(404,
            Text("Nicht gefunden", "Unter dieser Adresse gibt es nichts, oder es ist nicht für Sie bestimmt."),
            Text("Not found", "There is nothing here, or it is not meant for you.")),
        Code::MethodNotAllowed => row(405,
            Text("Methode nicht erlaubt", "Diese Adresse kennt die Methode nicht. Erlaubte Methoden stehen in der Kopfzeile Allow."),
            Text("Method not allowed", "This address does not know the method. The header Allow names those it knows.")),
        Code::NotAcceptable => row(406,
            Text("Form der Antwort nicht verfügbar", "Die Antwort gibt es nur als JSON."),
            Text("Form of the answer not available", "The answer is only available as JSON.")),
        Code::UnsupportedMediaType => row(415,
            Text("Inhaltstyp nicht unterstützt", "Content-Type fehlt oder passt hier nicht. Senden Sie application/json, Fotos als image/jpeg, image/png oder image/webp."),
            Text("Unsupported content type", "Content-Type is missing or does not fit here. Send application/json; photos as image/jpeg, image/png or image/webp.")),
        Code::PayloadTooLarge => row(413,
            Text("Anfrage zu groß", "Der Inhalt ist größer als erlaubt: 256 KiB, Fotos 10 MiB."),
            Text("Request too large", "The body is larger than allowed: 256 KiB, photos 10 MiB.")),
        Code::Unauthenticated => row(401,
            Text("Anmeldung nötig", "Das Zugriffstoken fehlt, ist abgelaufen oder gilt hier nicht. Bitte melden Sie sich an."),
            Text("Sign-in needed", "The access token is missing, expired or not valid here. Please sign in.")),
        Code::CredentialsWrong => row(401,
            Text("Anmeldung nicht möglich", "Die Angaben passen nicht zusammen oder gelten nicht mehr."),
            Text("Sign-in failed", "The details do not match or are no longer valid.")),
        Code::Forbidden => row(403,
            Text("Nicht erlaubt", "Dafür fehlt Ihnen die Berechtigung."),
            Text("Not allowed", "You do not have the permission for this.")),
        Code::Stale => row(412,
            Text("Inzwischen geändert", "Jemand hat den Eintrag inzwischen geändert. Bitte laden Sie ihn neu und wiederholen Sie die Änderung."),
            Text("Changed meanwhile", "Somebody changed this meanwhile. Please load it again and repeat your change.")),
        Code::PreconditionRequired => row(428,
            Text("If-Match fehlt", "Senden Sie in der Kopfzeile If-Match das ETag der Fassung, die Sie ändern möchten."),
            Text("If-Match is missing", "Send the ETag of the version you want to change in the header If-Match.")),
        Code::CursorInvalid => row(400,
            Text("Seitenmarke ungültig", "Die Seitenmarke wurde verändert oder gehört zu einer anderen Liste. Beginnen Sie die Liste von vorn."),
            Text("Invalid cursor", "The cursor was edited or belongs to another list. Start the list from the beginning.")),
        Code::IdempotencyKeyReused => row(422,
            Text("Idempotency-Key schon verwendet", "Derselbe Idempotency-Key kam bereits mit einem anderen Inhalt. Verwenden Sie für eine neue Anfrage einen neuen."),
            Text("Idempotency-Key used before", "The same Idempotency-Key came with another body before. Use a new one for a new request.")),
        Code::IdempotencyInProgress => row(409,
            Text("Anfrage noch in Arbeit", "Eine Anfrage mit diesem Idempotency-Key wird gerade bearbeitet. Bitte wiederholen Sie sie gleich."),
            Text("Request still in progress", "A request with this Idempotency-Key is being worked on. Please repeat it shortly.")),
        Code::TransitionIllegal => row(409,
            Text("Schritt nicht möglich", "Im jetzigen Stand ist dieser Schritt nicht vorgesehen.\nVon {from} führt kein Weg nach {to}."),
            Text("Step not possible", "This step is not possible in the current state.\nThere is no way from {from} to {to}.")),
        Code::AlreadyExists => row(409,
            Text("Gibt es schon", "Einen Eintrag mit dieser Kennung oder diesem Namen gibt es bereits."),
            Text("Exists already", "Something with this id or name exists already.")),
        Code::InUse => row(409,
            Text("Wird noch gebraucht", "Ein anderer Eintrag verweist noch darauf.\nEs ist die Regel „{rule}“."),
            Text("Still in use", "Something else still refers to it.\nIt is the rule “{rule}”.")),
        Code::DefaultDepartment => row(409,
            Text("Auffang-Amt", "Das Auffang-Amt lässt sich nicht löschen. Bestimmen Sie zuerst ein anderes."),
            Text("Default department", "The default department cannot be deleted. Choose another one first.")),
        Code::LastAdmin => row(409,
            Text("Letzte Verwaltung", "Wenigstens eine aktive Person muss die Rolle admin behalten. Geben Sie sie zuerst jemand anderem."),
            Text("Last admin", "At least one active person must keep the role admin. Give it to somebody else first.")),
        Code::OutsideMunicipality => row(422,
            Text("Ort liegt außerhalb", "Der Ort liegt außerhalb der Kommune.\nZuständig ist {municipality}."),
            Text("Place is outside", "The place lies outside the municipality.\n{municipality} is responsible.")),
        Code::ObjectionTooLate => row(409,
            Text("Frist abgelaufen", "Ein Widerspruch ist nur innerhalb von 28 Tagen möglich. Sie können das Anliegen neu melden."),
            Text("Too late", "An objection is possible within 28 days only. You can file a new complaint.")),
        Code::TooManyRequests => row(429,
            Text("Zu viele Anfragen", "Bitte warten Sie einen Moment. Die Kopfzeile Retry-After nennt die Sekunden."),
            Text("Too many requests", "Please wait a moment. The header Retry-After names the seconds.")),
        Code::Overloaded => row(503,
            Text("Gerade überlastet", "Bitte versuchen Sie es gleich noch einmal."),
            Text("Overloaded", "Please try again shortly.")),
        Code::Internal => row(500,
            Text("Fehler bei uns", "Bei uns ist etwas schiefgegangen. Nennen Sie bei Rückfragen die Kennung unter instance."),
            Text("Our mistake", "Something went wrong on our side. Please quote the identifier under instance when you ask us.")),
        Code::PhotoUnreadable => row(422,
            Text("Foto nicht lesbar", "Das Bild lässt sich nicht lesen. Erlaubt sind JPEG, PNG und WebP."),
            Text("Unreadable photo", "The picture cannot be read. JPEG, PNG and WebP are accepted.")),
        Code::PhotoTooLarge => row(422,
            Text("Foto zu groß", "Das Bild hat zu viele Pixel. Erlaubt sind 50 Megapixel und 12.000 Pixel je Seite."),
            Text("Photo too large", "The picture has too many pixels. 50 megapixels and 12,000 pixels a side are allowed.")),
        Code::GuestsNotAccepted => row(403,
            Text("Nur mit Konto", "Diese Kommune nimmt Anliegen nur mit Konto an. Bitte melden Sie sich an."),
            Text("Account needed", "This municipality accepts complaints with an account only. Please sign in.")),
        Code::AnonymousNotAccepted => row(403,
            Text("Nicht anonym", "Diese Kommune nimmt keine anonymen Anliegen an."),
            Text("Not anonymously", "This municipality does not accept anonymous complaints.")),
        Code::ChannelUnavailable => row(422,
            Text("Weg nicht verfügbar", "Dieser Weg wird hier nicht angeboten: Er ist auf dieser Installation nicht eingerichtet."),
            Text("Not available here", "This way is not offered here: it is not set up on this installation.")),
        Code::NothingFollowed => row(409,
            Text("Keine Kommune", "Folgen Sie zuerst einer Kommune oder melden Sie dort ein Anliegen."),
            Text("No municipality", "Follow a municipality first, or file a complaint there.")),
        Code::Required => row(422,
            Text("Angabe fehlt", "Diese Angabe fehlt."),
            Text("Missing", "This field is missing.")),
        Code::UnknownField => row(422,
            Text("Unbekanntes Feld", "Dieses Feld gibt es nicht."),
            Text("Unknown field", "There is no such field.")),
        Code::WrongType => row(422,
            Text("Falsche Art von Wert", "Der Wert ist von der falschen Art oder nicht lesbar."),
            Text("Wrong type", "The value is of the wrong type or cannot be read.")),
        Code::TooShort => row(422,
            Text("Zu kurz", "Der Text ist zu kurz."),
            Text("Too short", "The text is too short.")),
        Code::TooLong => row(422,
            Text("Zu lang", "Der Text ist zu lang."),
            Text("Too long", "The text is too long.")),
        Code::TooMany => row(422,
            Text("Zu viele", "Es sind mehr Einträge als erlaubt."),
            Text("Too many", "There are more items than allowed.")),
        Code::OutOfRange => row(422,
            Text("Außerhalb des Bereichs", "Der Wert liegt außerhalb des erlaubten Bereichs."),
            Text("Out of range", "The value lies outside the allowed range.")),
        Code::CharacterNotAllowed => row(422,
            Text("Zeichen nicht erlaubt", "Der Text enthält ein Zeichen, das nicht erlaubt ist, zum Beispiel ein Steuerzeichen."),
            Text("Character not allowed", "The text contains a character that is not allowed, such as a control character.")),
        Code::NotAllowed => row(422,
            Text("Wert nicht erlaubt", "Dieser Wert steht nicht zur Wahl."),
            Text("Value not allowed", "This is not one of the allowed values.")),
        Code::EmailInvalid => row(422,
            Text("Keine E-Mail-Adresse", "Das ist keine E-Mail-Adresse."),
            Text("Not an e-mail address", "This is not an e-mail address.")),
        Code::PhoneInvalid => row(422,
            Text("Keine Telefonnummer", "Das ist keine Telefonnummer mit Landesvorwahl wie +49."),
            Text("Not a telephone number", "This is not a telephone number with a country code such as +49.")),
        Code::UnknownReference => row(422,
            Text("Unbekannter Verweis", "Das Genannte gibt es hier nicht."),
            Text("Unknown reference", "What is named here does not exist.")),
        Code::ExactlyOne => row(422,
            Text("Genau eine Angabe", "Genau eine der möglichen Angaben muss gemacht werden."),
            Text("Exactly one", "Exactly one of the possible fields must be given.")),
        Code::Contradiction => row(422,
            Text("Widerspruch", "Zwei Angaben widersprechen sich, oder eine steht doppelt."),
            Text("Contradiction", "Two fields contradict each other, or one is given twice.")),
        Code::TooDeep => row(422,
            Text("Zu tief verschachtelt", "Die Bedingung ist zu tief verschachtelt."),
            Text("Nested too deeply", "The condition is nested too deeply.")),
        Code::GeometryInvalid => row(422,
            Text("Fläche ungültig", "Eine Fläche braucht geschlossene Ringe aus mindestens vier Punkten, Länge vor Breite."),
            Text("Invalid area", "An area needs closed rings of at least four points, longitude first.")),
        Code::RuleUnusable => row(422,
            Text("Regel nicht auswertbar", "Diese Regel lässt sich nicht auswerten."),
            Text("Rule unusable", "This rule cannot be evaluated.")),
        Code::PublicTextRequired => row(422,
            Text("Öffentlicher Text fehlt", "Für diesen Schritt ist ein Text an die meldende Person nötig."),
            Text("Public text is missing", "This step needs a text for the person who reported.")),
        Code::CodeWrong => row(422,
            Text("Code stimmt nicht", "Der Code stimmt nicht oder gilt nicht mehr."),
            Text("Wrong code", "The code is wrong or no longer valid.")),
        Code::AddressUnknown => row(422,
            Text("Adresse unbekannt", "Diese Adresse steht nicht im Verzeichnis der Kommune."),
            Text("Unknown address", "This address is not in the municipality's register.")),
    }
}

/// Puts `values` into `detail` and leaves out the lines that miss one.
pub fn fill(detail: &str, values: &[(&'static str, String)]) -> String {
    let filled = detail.lines().map(|line| {
        values.iter().fold(line.to_owned(), |line, (name, value)| line.replace(&format!("{{{name}}}"), value))
    });
    let known = detail.lines().zip(filled).filter(|(line, filled)| !line.contains('{') || line != filled);
    known.map(|(_, line)| line).collect::<Vec<_>>().join(" ")
}
