//! The SQL of the bare handler.

macro_rules! insert_complaint {
    () => {
        "INSERT INTO complaints (municipality_id, id, reference, status, category_id, department_id, priority, \
         description, lat, lon, anonymous, reporter_id, first_answer_due_at, solution_due_at, created_at, \
         updated_at, version) VALUES ($1, $2, $3, 'routed', $1, $1, 'normal', $4, $5, $6, false, $1, $7, $7, $8, $8, 1)"
    };
}
/// SQLite changes one table at a time.
pub const COMPLAINT: &str = insert_complaint!();
pub const NOTE: &str = "INSERT INTO outbox (municipality_id, id, complaint_id, payload, created_at) \
                    VALUES ($1, $2, $3, $4, $5)";
pub const COMPLAINT_AND_NOTE: &str = concat!(
    "WITH complaint AS (",
    insert_complaint!(),
    ") INSERT INTO outbox (municipality_id, id, complaint_id, payload, created_at) VALUES ($1, $9, $2, $10, $8)"
);
pub const INBOX: &str = "SELECT id, reference, status, category_id, created_at, lat, lon, department_id, description, \
     solution_due_at FROM complaints WHERE municipality_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50";
pub const PUBLIC: &str = "SELECT id, reference, status, category_id, created_at, lat, lon, NULL, NULL, NULL \
     FROM complaints WHERE municipality_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50";
