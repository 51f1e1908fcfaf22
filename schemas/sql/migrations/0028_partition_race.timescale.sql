-- Up Migration
-- Chunks are made by the extension: there is no race to mend.
select;
