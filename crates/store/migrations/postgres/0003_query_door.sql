-- Rows of the second version stay as they are unless a comment says otherwise.

-- ---- logins -------------------------------------------------------------------------------------

-- What the owner of a key calls it; keys that are there have no description.
ALTER TABLE account_keys ADD COLUMN description TEXT COLLATE "C";

-- Profile, password and texted code of an account; one without a row has none of them.
CREATE TABLE account_logins (
    account BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    profile TEXT COLLATE "C", -- JSON object
    password TEXT COLLATE "C", -- Argon2id, as a PHC string
    code TEXT COLLATE "C", -- likewise
    code_until BIGINT NOT NULL DEFAULT 0,
    code_tries BIGINT NOT NULL DEFAULT 0,
    -- Codes texted in the hour that began then.
    codes_from BIGINT NOT NULL DEFAULT 0,
    codes BIGINT NOT NULL DEFAULT 0,
    -- The last login by password.
    login_at BIGINT,
    login_from TEXT COLLATE "C"
);

-- ---- people -------------------------------------------------------------------------------------

-- The last id that the account's address book gave; ids are not used twice.
ALTER TABLE accounts ADD COLUMN last_person BIGINT NOT NULL DEFAULT 0;

-- The address book of an account. A person with a number is in a group by a row of the group's list in
-- contacts, which has a copy of name and fields; contacts from a file are rows of lists alone.
CREATE TABLE people (
    account BIGINT NOT NULL REFERENCES accounts (id),
    id BIGINT NOT NULL, -- among the account's, from 1
    number BIGINT,
    name TEXT COLLATE "C" NOT NULL,
    fields TEXT COLLATE "C", -- JSON object of texts; NULL when there are none
    PRIMARY KEY (account, id)
);

CREATE UNIQUE INDEX people_number ON people (account, number) WHERE number IS NOT NULL;

-- People without a number in groups.
CREATE TABLE group_people (
    group_id BIGINT NOT NULL,
    person BIGINT NOT NULL,
    account BIGINT NOT NULL,
    PRIMARY KEY (group_id, person)
);

CREATE INDEX group_people_person ON group_people (account, person);
