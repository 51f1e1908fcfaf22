-- Up Migration
-- The lock on the user came after the check of the foreign key, which holds a weaker lock on the same row: two grants to one
-- user each waited for the other to give it back, and one was ended as a deadlock. Before the row is written nobody holds it.
drop trigger duties_apart on platform.assignment;
create trigger duties_apart before insert or update on platform.assignment
  for each row execute function platform.keep_duties_apart();
