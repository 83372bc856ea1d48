-- Create the five tables
-- The first migration.

-- create table `emailProcessorTable`
CREATE TABLE "emailProcessorTable" (
    id serial NOT NULL,
    email_item_id integer NOT NULL,
    multi_item_email_ids jsonb,
    multi_email_flag boolean NOT NULL,
    multi_attachment_flag boolean NOT NULL,
    system varchar(96),
    test_name varchar(255),
    requires_processing boolean NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp,
    last_processed_at timestamp,
    CONSTRAINT "emailProcessorTable_pkey" PRIMARY KEY (id),
    CONSTRAINT "emailProcessorTable_email_item_id_key" UNIQUE (email_item_id)
);
COMMENT ON TABLE "emailProcessorTable" IS 'An e-mail that a test waits for.';
COMMENT ON COLUMN "emailProcessorTable".id IS 'Its number.';
COMMENT ON COLUMN "emailProcessorTable".email_item_id IS 'Its number in the system that it comes from.';
COMMENT ON COLUMN "emailProcessorTable".multi_item_email_ids IS 'The numbers there of the others that belong to it.';
COMMENT ON COLUMN "emailProcessorTable".multi_email_flag IS 'Whether others belong to it.';
COMMENT ON COLUMN "emailProcessorTable".multi_attachment_flag IS 'Whether it has more than one attachment.';
COMMENT ON COLUMN "emailProcessorTable".system IS 'The system that it comes from.';
COMMENT ON COLUMN "emailProcessorTable".test_name IS 'The test that waits for it.';
COMMENT ON COLUMN "emailProcessorTable".requires_processing IS 'Whether it is still to be processed.';
COMMENT ON COLUMN "emailProcessorTable".created_at IS 'When it was made, in UTC.';
COMMENT ON COLUMN "emailProcessorTable".updated_at IS 'When it was last changed, in UTC.';
COMMENT ON COLUMN "emailProcessorTable".last_processed_at IS 'When it was last processed, in UTC.';

-- create table `environment`
CREATE TABLE environment (
    id serial NOT NULL,
    name varchar(96) NOT NULL,
    environment_designation varchar(80) NOT NULL,
    url varchar(512) NOT NULL,
    api_url varchar(512),
    status varchar(96) NOT NULL,
    users jsonb NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp,
    CONSTRAINT environment_pkey PRIMARY KEY (id),
    CONSTRAINT environment_name_key UNIQUE (name)
);
COMMENT ON TABLE environment IS 'A deployment environment that pages are tested in.';
COMMENT ON COLUMN environment.id IS 'Its number.';
COMMENT ON COLUMN environment.name IS 'What it is called.';
COMMENT ON COLUMN environment.environment_designation IS 'What kind of environment it is.';
COMMENT ON COLUMN environment.url IS 'Where its pages are.';
COMMENT ON COLUMN environment.api_url IS 'Where its programming interface is.';
COMMENT ON COLUMN environment.status IS 'Whether tests may run in it.';
COMMENT ON COLUMN environment.users IS 'The names of its test users.';
COMMENT ON COLUMN environment.created_at IS 'When it was made, in UTC.';
COMMENT ON COLUMN environment.updated_at IS 'When it was last changed, in UTC.';

-- create table `page`
CREATE TABLE page (
    id serial NOT NULL,
    page_name varchar(96) NOT NULL,
    page_url varchar(1024) NOT NULL,
    environments jsonb NOT NULL,
    identifiers jsonb NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    CONSTRAINT page_pkey PRIMARY KEY (id),
    CONSTRAINT page_page_name_key UNIQUE (page_name)
);
COMMENT ON TABLE page IS 'A page that is tested.';
COMMENT ON COLUMN page.id IS 'Its number.';
COMMENT ON COLUMN page.page_name IS 'What it is called.';
COMMENT ON COLUMN page.page_url IS 'Where it is, within an environment.';
COMMENT ON COLUMN page.environments IS 'The names of the environments that it is tested in.';
COMMENT ON COLUMN page.identifiers IS 'What its elements are found by.';
COMMENT ON COLUMN page.created_at IS 'When it was made, in UTC.';
COMMENT ON COLUMN page.updated_at IS 'When it was last changed, in UTC.';

-- create table `identifier`
CREATE TABLE identifier (
    id serial NOT NULL,
    page_id integer NOT NULL,
    element_name varchar(96) NOT NULL,
    locator_strategy varchar(96) NOT NULL,
    locator_query varchar(96) NOT NULL,
    environments jsonb NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    CONSTRAINT identifier_pkey PRIMARY KEY (id),
    CONSTRAINT identifier_element_name_key UNIQUE (element_name),
    CONSTRAINT identifier_page_id_fkey FOREIGN KEY (page_id) REFERENCES page (id) ON DELETE CASCADE
);
COMMENT ON TABLE identifier IS 'An element of a page, and how tests find it.';
COMMENT ON COLUMN identifier.id IS 'Its number.';
COMMENT ON COLUMN identifier.page_id IS 'The page that it is on.';
COMMENT ON COLUMN identifier.element_name IS 'What it is called.';
COMMENT ON COLUMN identifier.locator_strategy IS 'How it is looked for.';
COMMENT ON COLUMN identifier.locator_query IS 'What is looked for.';
COMMENT ON COLUMN identifier.environments IS 'The names of the environments that it is in.';
COMMENT ON COLUMN identifier.created_at IS 'When it was made, in UTC.';
COMMENT ON COLUMN identifier.updated_at IS 'When it was last changed, in UTC.';

-- create table `user`
CREATE TABLE "user" (
    id serial NOT NULL,
    username varchar(96) NOT NULL,
    email varchar(96) NOT NULL,
    password varchar(96),
    secret_provider varchar(96),
    secret_url varchar(1024),
    secret_name varchar(1024),
    environment_id integer NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp,
    CONSTRAINT user_pkey PRIMARY KEY (id),
    CONSTRAINT user_username_key UNIQUE (username),
    CONSTRAINT user_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environment (id) ON DELETE CASCADE
);
COMMENT ON TABLE "user" IS 'A test user of an environment.';
COMMENT ON COLUMN "user".id IS 'Its number.';
COMMENT ON COLUMN "user".username IS 'The name that it logs in with.';
COMMENT ON COLUMN "user".email IS 'Its e-mail address.';
COMMENT ON COLUMN "user".password IS 'Its password, where that is not kept elsewhere.';
COMMENT ON COLUMN "user".secret_provider IS 'Who keeps its password.';
COMMENT ON COLUMN "user".secret_url IS 'Where its password is kept.';
COMMENT ON COLUMN "user".secret_name IS 'What its password is called there.';
COMMENT ON COLUMN "user".environment_id IS 'The environment that it is a user of.';
COMMENT ON COLUMN "user".created_at IS 'When it was made, in UTC.';
COMMENT ON COLUMN "user".updated_at IS 'When it was last changed, in UTC.';
