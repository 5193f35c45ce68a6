#include "cli/options/filter_options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/console/console.h"
#include "cli/options/option_kinds.h"
#include "cli/values/exit_code.h"
#include "cli/values/option_values.h"
#include "filter/path_list.h"
#include "filter/rule_text.h"
#include "fs/named_file.h"
#include "fs/posix_file_system.h"

namespace foldersync {
namespace {

// The text of the file that is named, or of standard input where it is "-".
std::string read_named(const char* option, const char* of_what, const std::string& file) {
  constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
  FileSystem& fs = posix_file_system();
  const auto refuse = [&](const char* why) {
    throw CLI::ValidationError(
        option, std::string("expected a file of ") + of_what + ", '" + file + "' " + why);
  };
  const auto opened = open_to_read(fs, file == "-" ? "/dev/fd/0" : file);
  if (!opened && opened.error().code == ErrorCode::kRefused) {
    throw CLI::ParseError(describe(opened.error()), static_cast<int>(ExitCode::kRefused));
  }
  if (!opened) refuse("can't be read");
  // One that nobody writes into would be none, and not waiting for anybody is a promise.
  if (opened->status.type == FileType::kFifo && !opened->is_inherited) {
    refuse("is a FIFO, name the descriptor of a pipe in its place");
  }
  const auto text = read_text(fs, opened->fd.get(), kMostBytes);
  if (!text) {
    refuse(text.error().error_number == EFBIG ? "has more than 16 MiB" : "can't be read");
  }
  return *text;
}

// Where rules go, and where each of them stands.
struct Rules {
  std::vector<std::string>& rules;
  std::vector<std::string>& origins;

  void add(std::string rule, std::string origin) const {
    rules.push_back(std::move(rule));
    origins.push_back(std::move(origin));
  }
  void read(const std::string& file) const;
};

void Rules::read(const std::string& file) const {
  const std::string where = file == "-" ? "standard input" : "'" + file + "'";
  for (RuleLine& line : rules_in(read_named("--exclude-from", "rules", file))) {
    add(std::move(line.rule), "line " + std::to_string(line.number) + " of " + where);
  }
}

// A list that is empty would leave everything alone, or, with --delete-excluded, nothing.
std::shared_ptr<const PathList> read_list(const std::string& file) {
  auto list = std::make_shared<PathList>();
  if (const auto broken = list->read(read_named("--files-from", "paths", file))) {
    throw CLI::ValidationError(
        "--files-from", "expected paths below the source, without '..', found '" + broken->line +
                            "' in line " + std::to_string(broken->number) + " of '" + file + "'");
  }
  if (list->size() == 0) {
    throw CLI::ValidationError("--files-from", "expected a list of paths, '" + file + "' is empty");
  }
  return list;
}

void add_names(CLI::App* command, const char* option, std::vector<std::string>& names,
               const char* help) {
  const auto add = [&names](const std::string& name) {
    const bool is_printable =
        std::all_of(name.begin(), name.end(), [](char byte) { return byte >= ' ' && byte <= '~'; });
    if (!is_printable || !is_name(name)) return false;
    names.push_back(name);
    return true;
  };
  add_value(command, option, "NAME", {"a name of printable ASCII without '/'", add}, help)
      ->trigger_on_parse();
}

}  // namespace

void add_filters(CLI::App* command, PlanOptions& plan, FilterOrigins& origins) {
  const Titled titled(command, "What is left out");
  const Rules rules{plan.rules, origins.rules};
  const auto add_rules = [&](const char* name, const char* type, auto add, const char* help) {
    command->add_option_function<std::string>(name, add, help)->trigger_on_parse()->type_name(type);
  };
  add_rules(
      "--exclude", "GLOB",
      [rules](const std::string& glob) { rules.add(exclude_rule(glob), "--exclude"); },
      "leave out what matches this gitignore pattern");
  add_rules(
      "--include", "GLOB",
      [rules](const std::string& glob) { rules.add(include_rule(glob), "--include"); },
      "do not leave out what matches; the last rule that matches decides");
  add_rules(
      "--exclude-from", "FILE", [rules](const std::string& file) { rules.read(file); },
      "gitignore rules from FILE, one a line; -: from standard input");
  add_value(
      command, "--min-age", "SECONDS",
      into(plan.min_age, parse_whole_seconds, "whole seconds, or a time as 5m or 2d, above 0"),
      "leave alone files that changed less than SECONDS ago, in both folders");
  add_value(command, "--max-size", "SIZE",
            into(plan.max_size, parse_size, "SIZE, a number above 0"),
            "leave alone files larger than SIZE bytes, in both folders (20M: times 1024, 20MB: "
            "times 1000)");
}

void add_source_filters(CLI::App* command, PlanOptions& plan, FilterOrigins& origins) {
  const Titled titled(command, "What is left out");
  const auto read = [&plan, &origins](const std::string& file) {
    origins.list = read_list(file);
    plan.listed = origins.list->size();
  };
  command
      ->add_option_function<std::string>(
          "--files-from", read,
          "only the paths in FILE, one a line, with all that lies below them; -: from standard "
          "input")
      ->type_name("FILE");
  add_names(command, "--filter-file", plan.filter_file,
            "in the source, files called NAME hold gitignore rules for their own folder, as "
            ".gitignore does");
  add_names(command, "--exclude-if-present", plan.exclude_if_present,
            "leave out all that lies beside something called NAME in the source");
  command->add_flag("--exclude-caches", plan.exclude_caches,
                    "leave out all that lies beside a CACHEDIR.TAG in the source");
}

}  // namespace foldersync
