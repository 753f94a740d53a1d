//! The first staff of a town hall, and passwords that were lost.

use std::io::{BufRead, stdin};

use domain::{
    Code, Error, Scope, Store,
    citizens::code::draw_letters,
    municipalities::Municipality,
    staff::team::{self, NewMember},
    text::{EmailAddress, NewPassword, Slug},
};
use infrastructure::passwords::Passwords;

use super::{Desk, NewStaff, refusal, sentence};
use crate::cli::Failure;

impl Desk {
    pub(super) async fn create_staff(&self, new: NewStaff) -> Result<(), Failure> {
        let town = self.town(&new.municipality).await?;
        let password = self.password(new.password_stdin)?;
        let hash = self.hash(&password).await?;
        let member = NewMember {
            name: new.name,
            email: new.email,
            role: new.role,
            departments: Vec::new(),
            categories: Vec::new(),
        };
        let employed = team::employ(&self.store, &self.ctx, &town, member, &hash).await.map_err(refusal)?;
        let member = employed.member;
        println!("{} works for {} as {} now.", member.email.as_str(), town.name, member.role);
        if !employed.has_given_password {
            println!("They sign in with the password they have already.");
        } else if !new.password_stdin {
            show_once(&password);
        }
        Ok(())
    }

    pub(super) async fn reset_password(&self, email: &EmailAddress, given: bool) -> Result<(), Failure> {
        let password = self.password(given)?;
        let hash = self.hash(&password).await?;
        let nobody = "Nobody on a town hall's staff signs in with this address. `rathaus admin create-staff` adds somebody.";
        let done = team::reset_password(&self.store, &self.ctx, email, &hash).await;
        done.map_err(|error| missing(error, nobody))?;
        println!("{} has a new password and is signed out everywhere.", email.as_str());
        if !given {
            show_once(&password);
        }
        Ok(())
    }

    pub(super) async fn reset_second_factor(&self, email: &EmailAddress) -> Result<(), Failure> {
        let none = "Nobody with a second factor signs in with this address: without one, the password alone is asked for.";
        let done = team::reset_second_factor(&self.store, &self.ctx, email).await;
        done.map_err(|error| missing(error, none))?;
        println!("{} signs in with the password alone now and is signed out everywhere.", email.as_str());
        Ok(())
    }

    pub(super) async fn town(&self, slug: &Slug) -> Result<Municipality, Failure> {
        let found = self.store.read(Scope::Installation).await?.municipality(slug).await?;
        found
            .ok_or_else(|| format!("There is no municipality {slug}; `rathaus admin list` shows all.").into())
    }

    /// The first line of standard input, or a password made up here.
    fn password(&self, given: bool) -> Result<String, Failure> {
        if !given {
            return Ok(draw_letters(&self.ctx));
        }
        let mut line = String::new();
        stdin().lock().read_line(&mut line)?;
        let password = NewPassword::parse(line.trim_end_matches(['\r', '\n']));
        Ok(password
            .map_err(|code| format!("The password cannot be taken. {}", sentence(code)))?
            .into_string())
    }

    async fn hash(&self, password: &str) -> Result<String, Failure> {
        let hash = Passwords::default().choose(password.to_owned(), self.ctx.random()).await;
        hash.map_err(|error: Error| refusal(error))
    }
}

/// Says of what is not there what that means here.
fn missing(error: Error, sentence: &str) -> Failure {
    match error.code() {
        Some(Code::NotFound) => sentence.into(),
        _ => refusal(error),
    }
}

fn show_once(password: &str) {
    println!("Password, shown only this once: {password}");
}
