-- Create the five tables
-- The first migration.

-- create table `emailProcessorTable`
CREATE TABLE "emailProcessorTable" (
    id INTEGER NOT NULL CONSTRAINT "emailProcessorTable_pkey" PRIMARY KEY AUTOINCREMENT,
    email_item_id INTEGER NOT NULL,
    multi_item_email_ids JSONB,
    multi_email_flag BOOLEAN NOT NULL,
    multi_attachment_flag BOOLEAN NOT NULL,
    system VARCHAR(96),
    test_name VARCHAR(255),
    requires_processing BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP,
    last_processed_at TIMESTAMP,
    CONSTRAINT "emailProcessorTable_email_item_id_key" UNIQUE (email_item_id)
);

-- create table `environment`
CREATE TABLE environment (
    id INTEGER NOT NULL CONSTRAINT environment_pkey PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(96) NOT NULL,
    environment_designation VARCHAR(80) NOT NULL,
    url VARCHAR(512) NOT NULL,
    api_url VARCHAR(512),
    status VARCHAR(96) NOT NULL,
    users JSONB NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP,
    CONSTRAINT environment_name_key UNIQUE (name)
);

-- create table `page`
CREATE TABLE page (
    id INTEGER NOT NULL CONSTRAINT page_pkey PRIMARY KEY AUTOINCREMENT,
    page_name VARCHAR(96) NOT NULL,
    page_url VARCHAR(1024) NOT NULL,
    environments JSONB NOT NULL,
    identifiers JSONB NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    CONSTRAINT page_page_name_key UNIQUE (page_name)
);

-- create table `identifier`
CREATE TABLE identifier (
    id INTEGER NOT NULL CONSTRAINT identifier_pkey PRIMARY KEY AUTOINCREMENT,
    page_id INTEGER NOT NULL,
    element_name VARCHAR(96) NOT NULL,
    locator_strategy VARCHAR(96) NOT NULL,
    locator_query VARCHAR(96) NOT NULL,
    environments JSONB NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    CONSTRAINT identifier_element_name_key UNIQUE (element_name),
    CONSTRAINT identifier_page_id_fkey FOREIGN KEY (page_id) REFERENCES page (id) ON DELETE CASCADE
);

-- create table `user`
CREATE TABLE user (
    id INTEGER NOT NULL CONSTRAINT user_pkey PRIMARY KEY AUTOINCREMENT,
    username VARCHAR(96) NOT NULL,
    email VARCHAR(96) NOT NULL,
    password VARCHAR(96),
    secret_provider VARCHAR(96),
    secret_url VARCHAR(1024),
    secret_name VARCHAR(1024),
    environment_id INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP,
    CONSTRAINT user_username_key UNIQUE (username),
    CONSTRAINT user_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environment (id) ON DELETE CASCADE
);
