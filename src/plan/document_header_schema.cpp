#include <algorithm>
#include <utility>

#include "plan/document_values.h"

namespace foldersync {
namespace {

constexpr Presence kOptional = Presence::kOptional;
constexpr Presence kRequired = Presence::kRequired;

constexpr Field kToolFields[] = {
    {"name", kRequired, "\"sync\"",
     [](Draft&, Scalar& value) { return is_text(value, kToolName); }},
    {"version", kRequired, "printable ASCII of at most 255 bytes",
     [](Draft& draft, Scalar& value) { return take_ascii(value, draft.plan.tool_version); }},
};

constexpr Field kRootFields[] = {
    {"path", kRequired, "a path",
     [](Draft& draft, Scalar& value) { return take_bytes(value, draft.path.text); }},
    {"path_b64", kOptional, "base64",
     [](Draft& draft, Scalar& value) { return take_base64(value, draft.path.base64); }},
    {"identity", kRequired, "printable ASCII of at most 255 bytes",
     [](Draft& draft, Scalar& value) { return take_ascii(value, draft.identity); }},
};

const char* finish_root(Draft& draft, RootReference& root) {
  ByteFields path = std::exchange(draft.path, {});
  if (const char* broken = resolve(path, root.path)) return broken;
  if (!root.path.starts_with('/') || root.path.size() > kMaxPathBytes ||
      root.path.find('\0') != std::string::npos) {
    return "the path of a root is not absolute, too long or has a NUL";
  }
  root.identity = std::exchange(draft.identity, {});
  return nullptr;
}

// One rule or path whose bytes are not UTF-8; the others are strings.
constexpr Field kRuleFields[] = {
    {"rule", kRequired, "a rule",
     [](Draft& draft, Scalar& value) { return take_bytes(value, draft.path.text); }},
    {"rule_b64", kRequired, "base64",
     [](Draft& draft, Scalar& value) { return take_base64(value, draft.path.base64); }},
};

constexpr Field kInSourceFields[] = {
    {"path", kRequired, "a path",
     [](Draft& draft, Scalar& value) { return take_bytes(value, draft.path.text); }},
    {"path_b64", kRequired, "base64",
     [](Draft& draft, Scalar& value) { return take_base64(value, draft.path.base64); }},
};

bool suits_as_rule(std::string_view rule) {
  constexpr std::size_t kMaxBytes = std::size_t{64} << 10U;
  return rule.size() <= kMaxBytes;
}

bool suits_in_source(std::string_view path) {
  return path != "." && path.size() <= kMaxPathBytes && RelPath::is_path(path);
}

bool take_element(Scalar& value, bool (*suits)(std::string_view), std::vector<std::string>& into) {
  return value.kind == Scalar::Kind::kText && suits(value.text) &&
         (into.emplace_back(value.text), true);
}

const char* finish_element(Draft& draft, bool (*suits)(std::string_view),
                           std::vector<std::string>& into) {
  ByteFields fields = std::exchange(draft.path, {});
  std::string bytes;
  if (const char* broken = resolve(fields, bytes)) return broken;
  if (!suits(bytes)) return "a rule or a path in the source is too long or no path";
  into.push_back(std::move(bytes));
  return nullptr;
}

constexpr ObjectShape kRule{"a rule", kRuleFields, [](Draft& draft) {
                              return finish_element(draft, suits_as_rule, draft.plan.options.rules);
                            }};
constexpr ListShape kRules{"a rule of at most 64 KiB",
                           [](Draft& draft, Scalar& value) {
                             return take_element(value, suits_as_rule, draft.plan.options.rules);
                           },
                           &kRule};

// Paths below the source: those left out, and those that must be there.
template <std::vector<std::string> PlanOptions::*kMember>
constexpr ObjectShape kInSource{"a path in the source", kInSourceFields, [](Draft& draft) {
                                  return finish_element(draft, suits_in_source,
                                                        draft.plan.options.*kMember);
                                }};
template <std::vector<std::string> PlanOptions::*kMember>
constexpr ListShape kPathsInSource{"a relative path",
                                   [](Draft& draft, Scalar& value) {
                                     return take_element(value, suits_in_source,
                                                         draft.plan.options.*kMember);
                                   },
                                   &kInSource<kMember>};

bool take_limit(Scalar& value, std::optional<Limit>& into) {
  if (value.kind == Scalar::Kind::kNull) return true;
  into = value.kind == Scalar::Kind::kText ? parse_limit(value.text) : std::nullopt;
  return into.has_value();
}

bool take_time_or_null(Scalar& value, std::optional<FileTime>& into) {
  return value.kind == Scalar::Kind::kNull || take_time(value, into.emplace());
}

constexpr Field kLimitsFields[] = {
    {"granularity", kRequired, "nanoseconds, 1 to 1000000000",
     [](Draft& draft, Scalar& value) {
       std::uint32_t& granularity = draft.plan.options.replica_limits.times.granularity;
       return take_small(value, granularity) && granularity >= 1 && granularity <= 1'000'000'000;
     }},
    {"two_seconds", kRequired, "true or false",
     [](Draft& draft, Scalar& value) {
       return take_bool(value, draft.plan.options.replica_limits.times.two_seconds);
     }},
    {"earliest", kRequired, "a time or null",
     [](Draft& draft, Scalar& value) {
       return take_time_or_null(value, draft.plan.options.replica_limits.times.earliest);
     }},
    {"latest", kRequired, "a time or null",
     [](Draft& draft, Scalar& value) {
       return take_time_or_null(value, draft.plan.options.replica_limits.times.latest);
     }},
    {"owners", kRequired, "true or false",
     [](Draft& draft, Scalar& value) {
       return take_bool(value, draft.plan.options.replica_limits.holds_owners);
     }},
    {"modes", kRequired, "true or false",
     [](Draft& draft, Scalar& value) {
       return take_bool(value, draft.plan.options.replica_limits.holds_modes);
     }},
    {"xattrs", kRequired, "true or false",
     [](Draft& draft, Scalar& value) {
       return take_bool(value, draft.plan.options.replica_limits.holds_xattrs);
     }},
};
constexpr ObjectShape kLimits{"the replica's limits", kLimitsFields};

template <bool PlanOptions::*kMember>
bool take_switch(Draft& draft, Scalar& value) {
  return take_bool(value, draft.plan.options.*kMember);
}

constexpr Field kOptionsFields[] = {
    {"checksum", kRequired, "true or false", take_switch<&PlanOptions::checksum>},
    {"pin", kRequired, "true or false", take_switch<&PlanOptions::pin>},
    {"xattrs", kRequired, "true or false", take_switch<&PlanOptions::xattrs>},
    {"delete", kRequired, "true or false", take_switch<&PlanOptions::remove_extra>},
    {"delete_excluded", kRequired, "true or false", take_switch<&PlanOptions::delete_excluded>},
    {"one_file_system", kRequired, "true or false", take_switch<&PlanOptions::one_file_system>},
    {"cross_mounts", kRequired, "true or false", take_switch<&PlanOptions::cross_mounts>},
    {"owners", kRequired, "true or false", take_switch<&PlanOptions::owners>},
    {"rules", kRequired, "a list of rules", nullptr, nullptr, &kRules},
    {"left_out", kRequired, "a list of paths", nullptr, nullptr,
     &kPathsInSource<&PlanOptions::left_out>},
    {"max_delete", kRequired, "a limit, such as \"12\" or \"50%\", or null",
     [](Draft& draft, Scalar& value) { return take_limit(value, draft.plan.options.max_delete); }},
    {"max_update", kRequired, "a limit, such as \"12\" or \"50%\", or null",
     [](Draft& draft, Scalar& value) { return take_limit(value, draft.plan.options.max_update); }},
    {"require", kRequired, "a list of paths", nullptr, nullptr,
     &kPathsInSource<&PlanOptions::require>},
    {"replica_limits", kRequired, "an object", nullptr, &kLimits},
};

template <std::uint64_t Summary::*kMember>
bool take_count(Draft& draft, Scalar& value) {
  return take_large(value, draft.plan.summary.*kMember);
}

constexpr Field kSummaryFields[] = {
    {"create", kRequired, "a count", take_count<&Summary::create>},
    {"update", kRequired, "a count", take_count<&Summary::update>},
    {"replace", kRequired, "a count", take_count<&Summary::replace>},
    {"move", kRequired, "a count", take_count<&Summary::move>},
    {"link", kRequired, "a count", take_count<&Summary::link>},
    {"delete", kRequired, "a count", take_count<&Summary::remove>},
    {"metadata", kRequired, "a count", take_count<&Summary::metadata>},
    {"finish", kRequired, "a count", take_count<&Summary::finish>},
    {"bytes_to_write", kRequired, "a size in bytes", take_count<&Summary::bytes_to_write>},
    {"bytes_to_delete", kRequired, "a size in bytes", take_count<&Summary::bytes_to_delete>},
    {"unchanged", kRequired, "a count", take_count<&Summary::unchanged>},
    {"problems", kRequired, "a count", take_count<&Summary::problems>},
};

constexpr Field kGuardValueFields[] = {
    {"count", kRequired, "a count",
     [](Draft& draft, Scalar& value) { return take_large(value, draft.guard.count); }},
    {"of", kRequired, "a count",
     [](Draft& draft, Scalar& value) { return take_large(value, draft.guard.of); }},
};
constexpr ObjectShape kGuardValue{"the value of a guard", kGuardValueFields};

constexpr Field kGuardFields[] = {
    {"rule", kRequired, "printable ASCII of at most 255 bytes",
     [](Draft& draft, Scalar& value) { return take_ascii(value, draft.guard.rule); }},
    {"limit", kRequired, "printable ASCII of at most 255 bytes",
     [](Draft& draft, Scalar& value) { return take_ascii(value, draft.guard.limit); }},
    {"value", kRequired, "an object", nullptr, &kGuardValue},
    {"verdict", kRequired, "\"ok\" or \"refused\"",
     [](Draft& draft, Scalar& value) {
       draft.guard.refused = is_text(value, "refused");
       return draft.guard.refused || is_text(value, "ok");
     }},
};
constexpr ObjectShape kGuard{"a guard", kGuardFields, [](Draft& draft) -> const char* {
                               draft.plan.guards.push_back(std::exchange(draft.guard, {}));
                               return nullptr;
                             }};

}  // namespace

constinit const ObjectShape kToolShape{"the tool", kToolFields};
constinit const ObjectShape kSourceShape{
    "a root", kRootFields, [](Draft& draft) { return finish_root(draft, draft.plan.source); }};
constinit const ObjectShape kReplicaShape{
    "a root", kRootFields, [](Draft& draft) { return finish_root(draft, draft.plan.replica); }};
constinit const ObjectShape kOptionsShape{"the options", kOptionsFields};
constinit const ObjectShape kSummaryShape{"the summary", kSummaryFields};
constinit const ListShape kGuardsShape{"a guard", nullptr, &kGuard};

}  // namespace foldersync
