// The tables of the plan document; see field_table.h. That of facts is facts_table.h.
#pragma once

#include <string_view>

#include "format/action_rules.h"
#include "format/kinds.h"
#include "plan/facts_table.h"

namespace foldersync {

// After "seq", which is where the action stands.
struct ActionTable
    : FieldTable<
          DocumentField<"phase", At<&Action::phase>, kind::Word<kPhases>>,
          DocumentField<"op", At<&Action::op>, kind::Word<kOps>>,
          DocumentField<"path", At<&Action::path>, kind::Path>,
          DocumentField<"from", At<>, kind::OtherPath<Other::kFrom>>,
          DocumentField<"to", At<>, kind::OtherPath<Other::kTo>>,
          DocumentField<"reason", At<&Action::reasons>, kind::Reasons>,
          DocumentField<"before", At<&Action::before>, kind::OrNull<kind::Object<FactsTable>>>,
          DocumentField<"after", At<&Action::after>, kind::OrNull<kind::Object<FactsTable>>>> {};

struct RootTable
    : FieldTable<DocumentField<"path", At<&RootReference::path>, kind::Bytes>,
                 DocumentField<"identity", At<&RootReference::identity>, kind::Ascii>,
                 DocumentField<"host", At<&RootReference::host>, kind::Ascii, Since::kNeeded>> {
  static constexpr const char* kTitle = "a root";
};

struct ReplicaLimitsTable
    : FieldTable<
          DocumentField<"granularity", At<&FileSystemLimits::times, &TimeLimits::granularity>,
                        kind::Granularity>,
          DocumentField<"two_seconds", At<&FileSystemLimits::times, &TimeLimits::two_seconds>,
                        kind::Switch>,
          DocumentField<"earliest", At<&FileSystemLimits::times, &TimeLimits::earliest>,
                        kind::OrNull<kind::Time>>,
          DocumentField<"latest", At<&FileSystemLimits::times, &TimeLimits::latest>,
                        kind::OrNull<kind::Time>>,
          DocumentField<"owners", At<&FileSystemLimits::holds_owners>, kind::Switch>,
          DocumentField<"modes", At<&FileSystemLimits::holds_modes>, kind::Switch>,
          DocumentField<"xattrs", At<&FileSystemLimits::holds_xattrs>, kind::Switch>,
          DocumentField<"no_times", At<&FileSystemLimits::refuses_times>, kind::Switch,
                        Since::kIgnorable>,
          DocumentField<"no_groups", At<&FileSystemLimits::refuses_groups>, kind::Switch,
                        Since::kIgnorable>,
          DocumentField<"no_link_times", At<&FileSystemLimits::refuses_link_times>, kind::Switch,
                        Since::kIgnorable>,
          DocumentField<"no_link_owners", At<&FileSystemLimits::refuses_link_owners>, kind::Switch,
                        Since::kIgnorable>,
          DocumentField<"no_symlinks", At<&FileSystemLimits::refuses_symlinks>, kind::Switch,
                        Since::kIgnorable>,
          DocumentField<"no_nodes", At<&FileSystemLimits::refuses_nodes>, kind::Switch,
                        Since::kIgnorable>,
          DocumentField<"refused_uids", At<&FileSystemLimits::refused_uids>, kind::Ids,
                        Since::kIgnorable>,
          DocumentField<"refused_gids", At<&FileSystemLimits::refused_gids>, kind::Ids,
                        Since::kIgnorable>,
          DocumentField<"most_names", At<&FileSystemLimits::most_names>, kind::Small,
                        Since::kIgnorable>> {
  static constexpr const char* kTitle = "the replica's limits";
};

inline bool suits_as_rule(std::string_view rule) {
  constexpr std::size_t kMaxBytes = std::size_t{64} << 10U;
  return rule.size() <= kMaxBytes;
}
inline bool suits_in_source(std::string_view path) {
  return path != "." && path.size() <= kMaxPathBytes && RelPath::is_path(path);
}
using Rules = kind::ByteList<"rule", suits_as_rule>;
using PathsInSource = kind::ByteList<"path", suits_in_source>;

struct OptionsTable
    : FieldTable<
          DocumentField<"checksum", At<&PlanOptions::checksum>, kind::Switch>,
          DocumentField<"pin", At<&PlanOptions::pin>, kind::Switch>,
          DocumentField<"xattrs", At<&PlanOptions::xattrs>, kind::Switch>,
          DocumentField<"delete", At<&PlanOptions::remove_extra>, kind::Switch>,
          DocumentField<"delete_excluded", At<&PlanOptions::delete_excluded>, kind::Switch>,
          DocumentField<"one_file_system", At<&PlanOptions::one_file_system>, kind::Switch>,
          DocumentField<"cross_mounts", At<&PlanOptions::cross_mounts>, kind::Switch>,
          DocumentField<"owners", At<&PlanOptions::owners>, kind::Switch>,
          DocumentField<"rules", At<&PlanOptions::rules>, Rules>,
          DocumentField<"left_out", At<&PlanOptions::left_out>, PathsInSource>,
          DocumentField<"max_delete", At<&PlanOptions::max_delete>, kind::OrNull<kind::LimitText>>,
          DocumentField<"max_update", At<&PlanOptions::max_update>, kind::OrNull<kind::LimitText>>,
          DocumentField<"require", At<&PlanOptions::require>, PathsInSource>,
          DocumentField<"replica_limits", At<&PlanOptions::replica_limits>,
                        kind::Object<ReplicaLimitsTable>>,
          DocumentField<"min_age", At<&PlanOptions::min_age>, kind::Count, Since::kNeeded>,
          DocumentField<"max_size", At<&PlanOptions::max_size>, kind::Count, Since::kNeeded>,
          DocumentField<"no_setid", At<&PlanOptions::no_setid>, kind::Switch, Since::kNeeded>,
          DocumentField<"no_devices", At<&PlanOptions::no_devices>, kind::Switch, Since::kNeeded>,
          DocumentField<"delete_anyway", At<&PlanOptions::delete_anyway>, kind::Switch,
                        Since::kIgnorable>,
          DocumentField<"delete_first", At<&PlanOptions::delete_first>, kind::Switch,
                        Since::kNeeded>,
          DocumentField<"omit_dir_times", At<&PlanOptions::fields, &MirroredFields::omit_dir_times>,
                        kind::Switch, Since::kNeeded>,
          DocumentField<"no_owner", At<&PlanOptions::fields, &MirroredFields::no_owner>,
                        kind::Switch, Since::kNeeded>,
          DocumentField<"no_group", At<&PlanOptions::fields, &MirroredFields::no_group>,
                        kind::Switch, Since::kNeeded>,
          DocumentField<"no_perms", At<&PlanOptions::fields, &MirroredFields::no_perms>,
                        kind::Switch, Since::kNeeded>,
          DocumentField<"chown", At<&PlanOptions::fields, &MirroredFields::chown>, kind::Owners,
                        Since::kNeeded>,
          DocumentField<"chmod", At<&PlanOptions::fields, &MirroredFields::chmod>, kind::ModeRules,
                        Since::kNeeded>,
          DocumentField<"checksum_cached", At<&PlanOptions::checksum_cached>, kind::Switch,
                        Since::kIgnorable>,
          DocumentField<"exclude_if_present", At<&PlanOptions::exclude_if_present>, kind::Names,
                        Since::kIgnorable>,
          DocumentField<"exclude_caches", At<&PlanOptions::exclude_caches>, kind::Switch,
                        Since::kIgnorable>,
          DocumentField<"filter_file", At<&PlanOptions::filter_file>, kind::Names,
                        Since::kIgnorable>,
          DocumentField<"listed", At<&PlanOptions::listed>, kind::Count, Since::kIgnorable>> {
  static constexpr const char* kTitle = "the options";
};

struct SummaryTable
    : FieldTable<DocumentField<"create", At<&Summary::create>, kind::Count>,
                 DocumentField<"update", At<&Summary::update>, kind::Count>,
                 DocumentField<"replace", At<&Summary::replace>, kind::Count>,
                 DocumentField<"move", At<&Summary::move>, kind::Count>,
                 DocumentField<"link", At<&Summary::link>, kind::Count>,
                 DocumentField<"delete", At<&Summary::remove>, kind::Count>,
                 DocumentField<"metadata", At<&Summary::metadata>, kind::Count>,
                 DocumentField<"finish", At<&Summary::finish>, kind::Count>,
                 DocumentField<"bytes_to_write", At<&Summary::bytes_to_write>, kind::Count>,
                 DocumentField<"bytes_to_delete", At<&Summary::bytes_to_delete>, kind::Count>,
                 DocumentField<"unchanged", At<&Summary::unchanged>, kind::Count>,
                 DocumentField<"problems", At<&Summary::problems>, kind::Count>> {
  static constexpr const char* kTitle = "the summary";
};

struct GuardValueTable : FieldTable<DocumentField<"count", At<&Guard::count>, kind::Count>,
                                    DocumentField<"of", At<&Guard::of>, kind::Count>> {
  static constexpr const char* kTitle = "the value of a guard";
};

struct GuardTable : FieldTable<DocumentField<"rule", At<&Guard::rule>, kind::Ascii>,
                               DocumentField<"limit", At<&Guard::limit>, kind::Ascii>,
                               DocumentField<"value", At<>, kind::Object<GuardValueTable>>,
                               DocumentField<"verdict", At<&Guard::refused>, kind::Verdict>> {
  static constexpr const char* kTitle = "a guard";
};

struct ProblemTable
    : FieldTable<DocumentField<"path", At<&Problem::path>, kind::Path>,
                 DocumentField<"side", At<&Problem::side>, kind::Word<kind::kSides>>,
                 DocumentField<"errno", At<&Problem::error_number>, kind::Errno>,
                 DocumentField<"doing", At<&Problem::doing>, kind::Ascii>> {
  static constexpr const char* kTitle = "a problem";
};

struct SkippedTable : FieldTable<DocumentField<"path", At<&Skipped::path>, kind::Path>,
                                 DocumentField<"reason", At<&Skipped::reason>, kind::Ascii>> {
  static constexpr const char* kTitle = "a skipped entry";
};

// What each table makes of an object of its own.

// The fields, after the brace.
template <class Table, class Thing>
void write_fields(std::string& out, const Thing& object) {
  Table::each([&]<class Field>(Field) {
    using Kind = typename Field::Kind;
    const auto& member = Field::in(object);
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (Field::kSince != Since::kFirst) {
      if (!Kind::later(member).is_default()) Kind::write(out, Field::name(), member);
    } else if constexpr (kIsOptional<Member> && !requires { Kind::write(out, "", member); }) {
      if (member) Kind::write(out, Field::name(), *member);
    } else {
      Kind::write(out, Field::name(), member);
    }
  });
}

template <class Table, class Thing>
void write_object(std::string& out, const Thing& object) {
  out += '{';
  write_fields<Table>(out, object);
  out += '}';
}

// The fields of version 1.0 in the byte form of the digest.
template <class Table, class Thing>
void hash_fields(std::string& out, const Thing& object) {
  Table::each([&]<class Field>(Field) {
    using Kind = typename Field::Kind;
    const auto& member = Field::in(object);
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (Field::kSince != Since::kFirst) {
      return;
    } else if constexpr (kIsOptional<Member> && !requires { Kind::hash(out, member); }) {
      bytes::put_flag(out, member.has_value());
      if (member) Kind::hash(out, *member);
    } else {
      Kind::hash(out, member);
    }
  });
}

// Calls visit(path, LaterValue, Since) for each later field that does not say its default. `path`
// begins with `prefix`, as "options." is.
template <class Table, class Thing, class Visit>
void visit_later(const Thing& object, const std::string& prefix, const Visit& visit) {
  Table::each([&]<class Field>(Field) {
    using Kind = typename Field::Kind;
    const std::string path = prefix + std::string(Field::name());
    if constexpr (requires { typename Kind::Table; }) {
      visit_later<typename Kind::Table>(Field::in(object), path + ".", visit);
    } else if constexpr (Field::kSince != Since::kFirst) {
      const LaterValue value = Kind::later(Field::in(object));
      if (!value.is_default()) visit(path, value, Field::kSince);
    }
  });
}

// Calls visit(path, Since) for each field that there can be.
template <class Table, class Visit>
void visit_paths(const std::string& prefix, const Visit& visit) {
  Table::each([&]<class Field>(Field) {
    using Kind = typename Field::Kind;
    const std::string path = prefix + std::string(Field::name());
    visit(path, Field::kSince);
    if constexpr (requires { typename Kind::Table; }) {
      visit_paths<typename Kind::Table>(path + ".", visit);
    }
  });
}

}  // namespace foldersync
