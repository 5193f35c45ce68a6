#include "filter/filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <variant>

#include "filter/glob.h"

namespace foldersync {
namespace {

// How a rule recognises an entry, if it isn't in one of the maps of RuleSet.
struct NameEnd {
  std::string text;
};
struct NameStart {
  std::string text;
};
struct WholePath {
  std::string text;
};
struct NameRegex {
  std::unique_ptr<const RE2> regex;
};
struct PathRegex {
  std::unique_ptr<const RE2> regex;
};
using Matcher = std::variant<NameEnd, NameStart, WholePath, NameRegex, PathRegex>;

// What the rule at a position (counted from 1) says about the entries it matches.
struct Match {
  std::size_t position = 0;
  bool excluded = false;
};

struct Rule {
  Match match;
  bool directories_only = false;
  Matcher matcher;
};

// Of the last rule about one name or extension.
struct LastMatches {
  Match directory;
  Match other;
};

struct ByteHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view bytes) const {
    return std::hash<std::string_view>{}(bytes);
  }
};

using MatchMap = std::unordered_map<std::string, LastMatches, ByteHash, std::equal_to<>>;

// The rules by how they are asked. `any_name` matches whatever one of the NameRegex rules matches,
// `any_path` the same of the PathRegex rules: most entries match none, and learn it in one pass.
// Null where that would not pay.
struct RuleSet {
  MatchMap names;            // rules that are just a name
  MatchMap extensions;       // rules such as "*.o": by the name's end from its last "." on
  std::vector<Rule> others;  // by position
  std::unique_ptr<const RE2> any_name;
  std::unique_ptr<const RE2> any_path;
};

// Null where the expression is too large. RE2 has limits too, but complains about some on stderr.
std::unique_ptr<const RE2> compiled(const std::string& regex) {
  constexpr std::size_t kMaxSize = 100'000;
  if (regex.size() > kMaxSize) return nullptr;
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_never_capture(true);
  auto expression = std::make_unique<const RE2>(regex, options);
  if (!expression->ok()) return nullptr;
  return expression;
}

std::unique_ptr<const RE2> any_of(const std::vector<std::string>& regexes) {
  if (regexes.size() < 2) return nullptr;
  std::string any;
  for (const std::string& regex : regexes) {
    if (!any.empty()) any += '|';
    any += regex;
  }
  return compiled(any);
}

bool is_comment(std::string_view line) { return line.starts_with('#'); }

// Without the spaces at its end that no backslash keeps.
std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;  // behind the last byte that stays
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') continue;
    if (line[i] == '\\') ++i;
    end = std::min(i + 1, line.size());
  }
  return line.substr(0, end);
}

class RuleSetBuilder {
 public:
  // Adds the rule that a line stands for. False: it is too large. Requires: positions rise.
  bool add(std::string_view line, std::size_t position) {
    if (is_comment(line)) return true;
    std::string_view pattern = without_trailing_spaces(line);
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    const bool directories_only = pattern.ends_with('/');
    if (directories_only) pattern.remove_suffix(1);
    const bool about_name = pattern.find('/') == std::string_view::npos;
    if (pattern.starts_with('/')) pattern.remove_prefix(1);

    const std::optional<Pieces> pieces = read_glob(pattern);
    if (!pieces || pieces->empty()) return true;
    const Match match{position, !negated};
    return about_name ? add_name(*pieces, match, directories_only)
                      : add_path(*pieces, match, directories_only);
  }

  RuleSet finish() && {
    set_.any_name = any_of(name_regexes_);
    set_.any_path = any_of(path_regexes_);
    return std::move(set_);
  }

 private:
  bool add_name(std::span<const Piece> pieces, Match match, bool directories_only) {
    if (auto name = literal_of(pieces)) {
      return keep(set_.names[std::move(*name)], match, directories_only);
    }
    if (std::holds_alternative<Stars>(pieces.front())) {
      if (auto text = literal_of(pieces.subspan(1))) {
        if (text->rfind('.') == 0) {
          return keep(set_.extensions[std::move(*text)], match, directories_only);
        }
        return keep({match, directories_only, NameEnd{std::move(*text)}});
      }
    }
    if (std::holds_alternative<Stars>(pieces.back())) {
      if (auto text = literal_of(pieces.first(pieces.size() - 1))) {
        return keep({match, directories_only, NameStart{std::move(*text)}});
      }
    }
    auto regex = compiled(name_regexes_.emplace_back(regex_of(pieces)));
    return regex && keep({match, directories_only, NameRegex{std::move(regex)}});
  }

  bool add_path(std::span<const Piece> pieces, Match match, bool directories_only) {
    if (auto text = literal_of(pieces)) {
      return keep({match, directories_only, WholePath{std::move(*text)}});
    }
    // "**/" before a pattern for a name says no more than that pattern alone.
    const auto rest = pieces.subspan(1);
    if (pieces.front() == Piece(Stars::kDirectories) && !rest.empty() &&
        std::none_of(rest.begin(), rest.end(), spans_directories)) {
      return add_name(rest, match, directories_only);
    }
    auto regex = compiled(path_regexes_.emplace_back(regex_of(pieces)));
    return regex && keep({match, directories_only, PathRegex{std::move(regex)}});
  }

  static bool spans_directories(const Piece& piece) {
    const Stars* stars = std::get_if<Stars>(&piece);
    return stars != nullptr ? *stars != Stars::kInName : piece == Piece('/');
  }

  static bool keep(LastMatches& last, Match match, bool directories_only) {
    last.directory = match;
    if (!directories_only) last.other = match;
    return true;
  }

  bool keep(Rule rule) {
    set_.others.push_back(std::move(rule));
    return true;
  }

  RuleSet set_;
  std::vector<std::string> name_regexes_;
  std::vector<std::string> path_regexes_;
};

// The entry in question, as a visitor of Matcher: whether it matches. Its path is put together, and
// the combined expressions are asked, where a rule first needs it.
class Entry {
 public:
  Entry(std::string_view directory, std::string_view name, const RuleSet& set)
      : directory_(directory), name_(name), set_(set) {}

  bool operator()(const NameEnd& end) { return name_.ends_with(end.text); }
  bool operator()(const NameStart& start) { return name_.starts_with(start.text); }

  bool operator()(const WholePath& path) {
    const std::string_view text = path.text;
    if (directory_.empty()) return text == name_;
    return text.size() == directory_.size() + 1 + name_.size() && text.ends_with(name_) &&
           text.starts_with(directory_) && text[directory_.size()] == '/';
  }

  bool operator()(const NameRegex& rule) {
    if (!name_may_match_) name_may_match_ = matches(set_.any_name, name_);
    return *name_may_match_ && RE2::FullMatch(name_, *rule.regex);
  }

  bool operator()(const PathRegex& rule) {
    if (!path_may_match_) path_may_match_ = matches(set_.any_path, path());
    return *path_may_match_ && RE2::FullMatch(path(), *rule.regex);
  }

 private:
  static bool matches(const std::unique_ptr<const RE2>& any, std::string_view text) {
    return any == nullptr || RE2::FullMatch(text, *any);
  }

  std::string_view path() {
    if (directory_.empty()) return name_;
    if (!path_.empty()) return path_;
    const std::size_t size = directory_.size() + 1 + name_.size();
    char* joined = buffer_.data();
    if (size > buffer_.size()) {
      long_path_.resize(size);
      joined = long_path_.data();
    }
    std::memcpy(joined, directory_.data(), directory_.size());
    joined[directory_.size()] = '/';
    std::memcpy(joined + directory_.size() + 1, name_.data(), name_.size());
    path_ = std::string_view(joined, size);
    return path_;
  }

  std::string_view directory_;
  std::string_view name_;
  const RuleSet& set_;
  std::optional<bool> name_may_match_;
  std::optional<bool> path_may_match_;
  std::string_view path_;
  std::string long_path_;
  std::array<char, 1024> buffer_;  // holds usual paths without an allocation
};

Match found_in(const MatchMap& map, std::string_view key, bool is_directory) {
  const auto found = map.find(key);
  if (found == map.end()) return {};
  return is_directory ? found->second.directory : found->second.other;
}

// A glob as the end of a rule's text, so that nothing is trimmed off it.
std::string with_spaces_kept(std::string_view glob) {
  std::string rule(without_trailing_spaces(glob));
  for (std::size_t spaces = glob.size() - rule.size(); spaces > 0; --spaces) rule += "\\ ";
  return rule;
}

Error unusable(std::size_t position, std::string_view rule, std::string_view why) {
  constexpr std::size_t kShown = 40;
  std::string detail = "rule " + std::to_string(position) + " \"";
  for (const char byte : rule.substr(0, kShown)) detail += byte < ' ' || byte > '~' ? '?' : byte;
  detail += rule.size() > kShown ? "...\" " : "\" ";
  detail += why;
  return Error{ErrorCode::kUsage, "compile filter", {}, 0, std::move(detail)};
}

}  // namespace

struct Filter::Rules {
  RuleSet set;
};

Filter::Filter() = default;
Filter::~Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;

Result<Filter> Filter::compile(const std::vector<std::string>& rules) {
  RuleSetBuilder builder;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string& line = rules[i];
    if (line.find('\0') != std::string::npos) return unusable(i + 1, line, "holds a NUL byte");
    if (!builder.add(line, i + 1)) return unusable(i + 1, line, "is too large");
  }
  Filter filter;
  RuleSet set = std::move(builder).finish();
  if (!set.names.empty() || !set.extensions.empty() || !set.others.empty()) {
    filter.rules_ = std::make_unique<const Rules>(Rules{std::move(set)});
  }
  return filter;
}

Result<Filter> Filter::of(const PlanOptions& options, FileTime as_of) {
  auto filter = TRY(compile(options.rules));
  filter.bounds_ = {.as_of = as_of, .min_age = options.min_age, .max_size = options.max_size};
  return filter;
}

bool Filter::empty() const {
  return rules_ == nullptr && bounds_.min_age == 0 && bounds_.max_size == 0;
}

bool Filter::excludes_file(const FileStatus& entry) const {
  if (!entry.is_file()) return false;
  if (bounds_.max_size > 0 && entry.size > bounds_.max_size) return true;
  if (bounds_.min_age == 0) return false;
  const FileTime youngest{bounds_.as_of.seconds - static_cast<std::int64_t>(bounds_.min_age),
                          bounds_.as_of.nanoseconds};
  return entry.mtime > youngest;
}

bool Filter::excludes(std::string_view directory, std::string_view name, bool is_directory) const {
  if (rules_ == nullptr) return false;
  const RuleSet& set = rules_->set;
  Match last = found_in(set.names, name, is_directory);
  if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos) {
    const Match found = found_in(set.extensions, name.substr(dot), is_directory);
    if (found.position > last.position) last = found;
  }
  Entry entry(directory, name, set);
  for (auto rule = set.others.rbegin(); rule != set.others.rend(); ++rule) {
    if (rule->match.position < last.position) break;
    if (rule->directories_only && !is_directory) continue;
    if (std::visit(entry, rule->matcher)) return rule->match.excluded;
  }
  return last.excluded;
}

std::vector<std::string> rules_in(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> rules;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view rule = without_trailing_spaces(line);
    if (!rule.empty() && !is_comment(rule)) rules.emplace_back(rule);
  }
  return rules;
}

std::string exclude_rule(std::string_view glob) {
  const bool is_special = glob.starts_with('!') || glob.starts_with('#');
  return (is_special ? "\\" : "") + with_spaces_kept(glob);
}

std::string include_rule(std::string_view glob) { return "!" + with_spaces_kept(glob); }

}  // namespace foldersync
