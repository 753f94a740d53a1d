//! One conversation (RFC 5321): the order of commands, what may be said when, and the answers.

use std::{io, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Desk, answer::DataAnswer, message::Envelope, wire::Wire};

/// What is known so far in this conversation.
pub(super) struct Session {
    desk: Arc<Desk>,
    wire: Wire,
    connection: u64,
    greeted: bool,
    user: Option<String>,
    sender: Option<String>,
    recipients: Vec<String>,
}

/// Whether the conversation goes on.
enum Next {
    Go,
    StartTls,
    End,
}

impl Session {
    pub(super) fn new(desk: Arc<Desk>, wire: Wire, connection: u64) -> Self {
        Self { desk, wire, connection, greeted: false, user: None, sender: None, recipients: Vec::new() }
    }

    /// Talks until the client leaves or is shown out.
    pub(super) async fn run(mut self) -> io::Result<()> {
        self.wire.write("220 smtp-sink ESMTP\r\n").await?;
        while let Some(line) = self.wire.line().await? {
            let Some(command) = line.strip_suffix(b"\r\n") else {
                self.desk.violation("a command line does not end with CR LF");
                return self.wire.write("500 5.5.2 Lines end with CR LF\r\n").await;
            };
            let Some(command) = std::str::from_utf8(command).ok().filter(|command| command.len() <= 510)
            else {
                self.refuse("500 5.5.2 Line too long or not text").await?;
                continue;
            };
            match self.obey(command).await? {
                Next::Go => {}
                Next::End => return Ok(()),
                Next::StartTls => match self.desk.tls.clone() {
                    Some(config) => {
                        self.wire = self.wire.encrypt(config).await?;
                        // Everything learned before TLS is forgotten (RFC 3207, section 4.2).
                        (self.greeted, self.user) = (false, None);
                        self.forget_mail();
                    }
                    None => return Ok(()),
                },
            }
        }
        Ok(())
    }

    async fn obey(&mut self, command: &str) -> io::Result<Next> {
        let (verb, argument) = command.split_once(' ').unwrap_or((command, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello(argument, true).await?,
            "HELO" => self.hello(argument, false).await?,
            "NOOP" => self.say("250 2.0.0 OK").await?,
            "RSET" => {
                self.forget_mail();
                self.say("250 2.0.0 Forgotten").await?;
            }
            "QUIT" => {
                self.say("221 2.0.0 Bye").await?;
                return Ok(Next::End);
            }
            "VRFY" => self.say("252 2.1.5 Try to send").await?,
            "STARTTLS" => return self.start_tls().await,
            "AUTH" => self.authenticate(argument).await?,
            "MAIL" => self.mail(argument).await?,
            "RCPT" => self.recipient(argument).await?,
            "DATA" => return self.data().await,
            _ => self.refuse("500 5.5.1 Unknown command").await?,
        }
        Ok(Next::Go)
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.wire.write(&format!("{line}\r\n")).await
    }

    /// Says no to what only a faulty client says.
    async fn refuse(&mut self, line: &str) -> io::Result<()> {
        self.desk.violation(line);
        self.say(line).await
    }

    fn forget_mail(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    async fn hello(&mut self, name: &str, extended: bool) -> io::Result<()> {
        if name.trim().is_empty() {
            return self.refuse("501 5.5.4 Say your name").await;
        }
        self.greeted = true;
        self.forget_mail();
        if !extended {
            return self.say("250 smtp-sink").await;
        }
        let mut lines = vec!["smtp-sink".to_owned(), "PIPELINING".to_owned(), "8BITMIME".to_owned()];
        lines.push("ENHANCEDSTATUSCODES".to_owned());
        lines.push(format!("SIZE {}", self.desk.max_size));
        if self.desk.tls.is_some() && !self.wire.encrypted() {
            lines.push("STARTTLS".to_owned());
        }
        if self.desk.login.is_some() {
            lines.push("AUTH PLAIN LOGIN".to_owned());
        }
        let last = lines.pop().unwrap_or_default();
        let text: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        self.wire.write(&format!("{text}250 {last}\r\n")).await
    }

    async fn start_tls(&mut self) -> io::Result<Next> {
        if self.desk.tls.is_none() || self.wire.encrypted() {
            self.refuse("503 5.5.1 TLS is not offered").await?;
            return Ok(Next::Go);
        }
        if self.wire.has_more() {
            self.refuse("554 5.5.0 Nothing may follow STARTTLS").await?;
            return Ok(Next::End);
        }
        self.say("220 2.0.0 Go ahead").await?;
        Ok(Next::StartTls)
    }

    async fn authenticate(&mut self, argument: &str) -> io::Result<()> {
        let Some(login) = self.desk.login.clone() else {
            return self.refuse("503 5.5.1 AUTH is not offered").await;
        };
        if self.desk.tls.is_some() && !self.wire.encrypted() {
            return self.refuse("538 5.7.11 AUTH needs STARTTLS first").await;
        }
        if self.user.is_some() || self.sender.is_some() {
            return self.refuse("503 5.5.1 Not now").await;
        }
        let (mechanism, initial) = argument.split_once(' ').unwrap_or((argument, ""));
        let (user, password) = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let answer = if initial.is_empty() { self.ask("334 ").await? } else { decode(initial) };
                let mut parts = answer.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            "LOGIN" => {
                let user =
                    if initial.is_empty() { self.ask("334 VXNlcm5hbWU6").await? } else { decode(initial) };
                (user, self.ask("334 UGFzc3dvcmQ6").await?)
            }
            _ => return self.refuse("504 5.5.4 Unknown mechanism").await,
        };
        if user == login.user && password == login.password {
            self.user = Some(user);
            self.say("235 2.7.0 Welcome").await
        } else {
            self.refuse("535 5.7.8 Wrong user or password").await
        }
    }

    async fn ask(&mut self, line: &str) -> io::Result<String> {
        self.say(line).await?;
        let answer = self.wire.line().await?.unwrap_or_default();
        Ok(decode(std::str::from_utf8(&answer).unwrap_or_default().trim_end()))
    }

    async fn mail(&mut self, argument: &str) -> io::Result<()> {
        if !self.greeted {
            return self.refuse("503 5.5.1 Say EHLO first").await;
        }
        if self.desk.login.is_some() && self.user.is_none() {
            return self.refuse("530 5.7.0 Authentication required").await;
        }
        if self.desk.login.is_none() && self.desk.tls.is_some() && !self.wire.encrypted() {
            return self.refuse("530 5.7.0 STARTTLS required").await;
        }
        if self.sender.is_some() {
            return self.refuse("503 5.5.1 One mail at a time").await;
        }
        let Some((address, parameters)) = path(argument, "FROM:") else {
            return self.refuse("501 5.5.4 MAIL FROM:<address>").await;
        };
        for parameter in parameters.split_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match (name.to_ascii_uppercase().as_str(), value.to_ascii_uppercase().as_str()) {
                ("BODY", "7BIT" | "8BITMIME") => {}
                ("SIZE", size) => match size.parse::<usize>() {
                    Ok(size) if size <= self.desk.max_size => {}
                    Ok(_) => return self.say("552 5.3.4 Too big").await,
                    Err(_) => return self.refuse("501 5.5.4 SIZE is a number").await,
                },
                _ => return self.refuse("555 5.5.4 Unknown parameter").await,
            }
        }
        if !address.is_empty() && !is_mailbox(address) {
            return self.refuse("553 5.1.7 That is no address").await;
        }
        self.sender = Some(address.to_owned());
        self.say("250 2.1.0 OK").await
    }

    async fn recipient(&mut self, argument: &str) -> io::Result<()> {
        if self.sender.is_none() {
            return self.refuse("503 5.5.1 Say MAIL first").await;
        }
        let Some((address, "")) = path(argument, "TO:") else {
            return self.refuse("501 5.5.4 RCPT TO:<address>").await;
        };
        if !is_mailbox(address) {
            return self.refuse("553 5.1.3 That is no address").await;
        }
        if self.recipients.len() >= 100 {
            return self.say("452 4.5.3 Too many recipients").await;
        }
        match self.desk.refusal_of(address) {
            Some(refusal) => self.say(&refusal.to_string()).await,
            None => {
                self.recipients.push(address.to_owned());
                self.say("250 2.1.5 OK").await
            }
        }
    }

    async fn data(&mut self) -> io::Result<Next> {
        let Some(sender) = self.sender.clone().filter(|_| !self.recipients.is_empty()) else {
            self.refuse("503 5.5.1 No valid recipients").await?;
            return Ok(Next::Go);
        };
        self.say("354 End with a line of one dot").await?;
        let mut raw = Vec::new();
        loop {
            let Some(line) = self.wire.line().await? else { return Ok(Next::End) };
            if line == b".\r\n" {
                break;
            }
            // A line of a dot and a bare LF is how a second mail is smuggled in: it ends the conversation.
            if !line.ends_with(b"\r\n") {
                self.refuse("554 5.5.2 Lines end with CR LF").await?;
                return Ok(Next::End);
            }
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            if raw.len() > self.desk.max_size {
                self.refuse("552 5.3.4 Too big").await?;
                return Ok(Next::End);
            }
        }
        let envelope = Envelope {
            connection: self.connection,
            encrypted: self.wire.encrypted(),
            user: self.user.clone(),
            sender,
            recipients: std::mem::take(&mut self.recipients),
        };
        self.forget_mail();
        let reply = match self.desk.take(raw, envelope).await {
            Ok(DataAnswer::Accept) => "250 2.0.0 Kept".to_owned(),
            Ok(DataAnswer::Refuse(refusal)) => refusal.to_string(),
            Ok(DataAnswer::CutBefore | DataAnswer::CutAfter) => return Ok(Next::End),
            Err(sentence) => format!("554 5.6.0 {sentence}"),
        };
        self.say(&reply).await?;
        Ok(Next::Go)
    }
}

/// `FROM:<a@b> SIZE=1` gives the address and what follows it.
fn path<'a>(argument: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, rest) = argument.split_at_checked(keyword.len())?;
    let (address, parameters) = rest.strip_prefix('<')?.split_once('>')?;
    head.eq_ignore_ascii_case(keyword).then_some((address, parameters.trim_start()))
}

fn is_mailbox(address: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    address.len() <= 254
        && address.rsplit_once('@').is_some_and(|(local, domain)| {
            plain(local) && local.len() <= 64 && plain(domain) && !domain.contains('@') && local.is_ascii()
        })
}

fn decode(text: &str) -> String {
    STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
