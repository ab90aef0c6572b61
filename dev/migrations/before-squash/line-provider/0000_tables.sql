-- Generated from src/infrastructure/schema.ts, then given what that cannot say: keys in byte order (COLLATE "C"), so
-- that every statement that takes several rows takes them in the same order, whatever the database's locale; and
-- room on the pages for heap-only updates (fillfactor).
CREATE TABLE "events" (
	"event_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"coefficient_hundredths" integer NOT NULL,
	"deadline" bigint NOT NULL,
	"state" text NOT NULL,
	"suspended" boolean NOT NULL,
	"version" bigint NOT NULL,
	"reason" text,
	"changed_at" timestamp with time zone NOT NULL,
	"seq" bigint,
	CONSTRAINT "events_state" CHECK (state in ('NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED')),
	CONSTRAINT "events_coefficient" CHECK (coefficient_hundredths between 100 and 9999999)
);
--> statement-breakpoint
CREATE TABLE "feed" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"feed_id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	"version_base" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "feed_one_row" CHECK (singleton)
);
--> statement-breakpoint
CREATE TABLE "relay_lease" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"holder" text,
	"lease_until" timestamp with time zone,
	"published_seq" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "relay_lease_one_row" CHECK (singleton)
);
--> statement-breakpoint
CREATE UNIQUE INDEX "events_seq" ON "events" USING btree ("seq");--> statement-breakpoint
CREATE INDEX "events_unnumbered" ON "events" USING btree ("event_id") WHERE seq is null;--> statement-breakpoint
CREATE INDEX "events_open" ON "events" USING btree ("deadline","event_id") WHERE state = 'NEW' and not suspended;
--> statement-breakpoint
INSERT INTO "feed" DEFAULT VALUES;
--> statement-breakpoint
INSERT INTO "relay_lease" DEFAULT VALUES;
