-- The tables of the bare handler: columns as wide as Rathaus's, the same primary keys, and the one
-- index its list reads. SQLite takes PostgreSQL's names of types.
CREATE TABLE complaints (
    municipality_id uuid NOT NULL,
    id uuid NOT NULL,
    reference varchar(24) NOT NULL,
    status varchar(24) NOT NULL,
    category_id uuid NOT NULL,
    department_id uuid NOT NULL,
    assignee_id uuid,
    priority varchar(8) NOT NULL,
    description text NOT NULL,
    lat double precision,
    lon double precision,
    address varchar(200),
    anonymous boolean NOT NULL,
    reporter_id uuid,
    first_answer_due_at timestamptz,
    solution_due_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX complaints_newest ON complaints (municipality_id, created_at, id);
CREATE TABLE outbox (
    municipality_id uuid NOT NULL,
    id uuid NOT NULL,
    complaint_id uuid NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
