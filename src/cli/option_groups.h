// Options that several commands share, in the groups in which they share them.
#pragma once

#include <string>

#include "cli/options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace foldersync {

// Adds options that write into `settings`, which must outlive the parser. Where a value can't be
// taken, parsing ends with the parser's own exception, which says what was expected and found.
class OptionGroups {
 public:
  explicit OptionGroups(Settings& settings) : settings_(settings) {}

  CLI::Option* add_source(CLI::App* command);
  CLI::Option* add_replica(CLI::App* command);
  CLI::Option* add_interval(CLI::App* command);
  void add_filters(CLI::App* command);      // files of rules are read while parsing
  void add_planning(CLI::App* command);     // what shapes a plan, filters and guards among it
  void add_space_check(CLI::App* command);  // part of the guards
  void add_applying(CLI::App* command);     // what happens to a replica
  void add_signing(CLI::App* plan);         // after the option --output
  void add_verifying(CLI::App* apply);
  void add_lock_wait(CLI::App* command);  // part of applying
  void add_bandwidth(CLI::App* command);
  void add_io_priority(CLI::App* command);
  void add_colour(CLI::App* command);       // part of what is common
  void add_plan_checks(CLI::App* command);  // when a plan that was read is refused
  void add_common(CLI::App* command);

 private:
  void add_guards(CLI::App* command);
  void add_backup(CLI::App* command);
  void add_report(CLI::App* command);
  void read_rules(const std::string& file);
  void add_rule(std::string rule, std::string origin);

  Settings& settings_;
};

// An empty value is an error that says what was expected.
void require_text(CLI::Option* option, const char* what);

}  // namespace foldersync
