//! What a town hall puts new complaints to.

use crate::{
    Reads, Result,
    categories::Category,
    ids::{CategoryId, DepartmentId},
    municipalities::{Department, Municipality},
    routing::{self, RuleBook},
    text::Slug,
};

/// A town hall with its categories, departments and rules, prepared once for many complaints. Good
/// as long as the town hall's `register_version` stands.
#[derive(Debug)]
pub struct Intake {
    /// The town hall.
    pub town: Municipality,
    /// Its kinds of complaint, those out of use included.
    pub categories: Vec<Category>,
    /// Its desks.
    pub departments: Vec<Department>,
    /// Its rules.
    pub rules: RuleBook,
}

impl Intake {
    /// Loads and prepares what the town hall has now.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn load(reads: &dyn Reads, town: Municipality) -> Result<Self> {
        let (categories, departments) = (reads.categories().await?, reads.departments().await?);
        let register = routing::service::register(reads, town.calendar()).await?;
        let rules = RuleBook::new(reads.rules().await?, &register);
        Ok(Self { town, categories, departments, rules })
    }

    /// The kind of complaint that can be reported now under this code.
    pub fn open_category(&self, code: &Slug) -> Option<&Category> {
        self.categories.iter().find(|category| category.active && category.code == *code)
    }

    /// A kind of complaint, in use or not.
    pub fn category(&self, id: CategoryId) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// A desk.
    pub fn department(&self, id: DepartmentId) -> Option<&Department> {
        self.departments.iter().find(|department| department.id == id)
    }

    /// The desk that gets what no rule places.
    pub fn default_department(&self) -> Option<&Department> {
        self.departments.iter().find(|department| department.is_default)
    }
}
