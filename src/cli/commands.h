// The commands, each in a file of its own (run_command.cpp and so on): from its options to the exit
// code, or to an error that nobody was told of yet; kStopped: by a signal.
#pragma once

#include "cli/history/hooks.h"
#include "cli/values/exit_code.h"
#include "cli/values/options.h"
#include "core/result.h"

namespace foldersync {

// Mirrors once, or every so many seconds until told to stop.
Result<ExitCode> execute(const RunOptions& options, Hooks& hooks);

// Works out what would be done and writes it down or shows it.
Result<ExitCode> execute(const PlanCommandOptions& options);

// Executes a plan that was written down.
Result<ExitCode> execute(const ApplyOptions& options, Hooks& hooks);

// Lists one tree, one entry a line, in path order.
Result<ExitCode> execute(const ScanOptions& options);

// Reads two trees, or one, completely and tells change from decay; changes nothing. kPartial where
// it finds any difference.
Result<ExitCode> execute(const VerifyOptions& options);

// Shows a plan that was written down. Reads nothing but the plan: neither its folders nor the
// state. kChangesPending where two plans differ.
Result<ExitCode> execute(const ShowOptions& options);

// Finishes what a killed run had begun, or takes it back.
Result<ExitCode> execute(const RecoverOptions& options);

// Tells what decides about one path, and what would become of it.
Result<ExitCode> execute(const WhyOptions& options);

// Tells what became of the last runs of each pair. kPartial where all is not well with one.
Result<ExitCode> execute(const StatusOptions& options);

// Lists what the backups of a replica have: the runs, or the versions of one path.
Result<ExitCode> execute(const VersionsOptions& options);

// Gives one file or folder back as it was, never over something. kRefused where there is nothing.
Result<ExitCode> execute(const RestoreOptions& options);

// Takes back what a run did, or a part of it, by its backup.
Result<ExitCode> execute(const UndoOptions& options, Hooks& hooks);

}  // namespace foldersync
