-- Reverts: Create the five tables
-- Loses data: table `user`.
-- Loses data: table `identifier`.
-- Loses data: table `page`.
-- Loses data: table `environment`.
-- Loses data: table `emailProcessorTable`.

-- drop table `user`
DROP TABLE user;

-- drop table `identifier`
DROP TABLE identifier;

-- drop table `page`
DROP TABLE page;

-- drop table `environment`
DROP TABLE environment;

-- drop table `emailProcessorTable`
DROP TABLE "emailProcessorTable";
