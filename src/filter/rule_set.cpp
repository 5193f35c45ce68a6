#include "filter/rule_set.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <span>
#include <unordered_map>
#include <utility>
#include <variant>

#include "filter/glob.h"
#include "filter/rule_text.h"

namespace foldersync {
namespace {

// How a rule recognises an entry, if it isn't in one of the maps below.
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

}  // namespace

// The rules by how they are asked. `any_name` matches whatever one of the NameRegex rules matches,
// `any_path` the same of the PathRegex rules: most entries match none, and learn it in one pass.
// Null where that would not pay.
struct RuleSet::Compiled {
  MatchMap names;            // rules that are just a name
  MatchMap extensions;       // rules such as "*.o": by the name's end from its last "." on
  std::vector<Rule> others;  // by position
  std::unique_ptr<const RE2> any_name;
  std::unique_ptr<const RE2> any_path;
};

namespace {

// The longest expression. RE2 has limits too, but complains about some on stderr.
constexpr std::size_t kMaxRegexBytes = 100'000;
// What an expression costs beside its own bytes: compiled, a byte takes about 30, so that those of
// a budget fit into its memory.
constexpr std::size_t kRegexBytes = 32;

// What RE2 may take for one expression that has `share` bytes of the memory, its states included:
// less makes it slower.
std::size_t memory_for(const std::string& regex, std::size_t share) {
  constexpr std::size_t kUsual = std::size_t{8} << 20U;
  const std::size_t needed = (4 << 10U) + 64 * regex.size();
  return std::max(needed, std::min(kUsual, share));
}

// Null where the expression is too large.
std::unique_ptr<const RE2> compiled(const std::string& regex, std::size_t share) {
  if (regex.size() > kMaxRegexBytes) return nullptr;
  RE2::Options options;
  options.set_max_mem(static_cast<std::int64_t>(memory_for(regex, share)));
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_never_capture(true);
  auto expression = std::make_unique<const RE2>(regex, options);
  if (!expression->ok()) return nullptr;
  return expression;
}

std::unique_ptr<const RE2> any_of(const std::vector<std::string>& regexes, std::size_t share) {
  if (regexes.size() < 2) return nullptr;
  std::string any;
  for (const std::string& regex : regexes) {
    if (!any.empty()) any += '|';
    any += regex;
  }
  return compiled(any, share);
}

class Builder {
 public:
  explicit Builder(const RuleBudget& budget) : budget_(budget) {}

  // Adds the rule that a line stands for; what is wrong with it, or nullptr.
  // Requires: positions rise.
  const char* add(std::string_view line, std::size_t position) {
    if (is_comment(line)) return nullptr;
    std::string_view pattern = without_trailing_spaces(line);
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    const bool directories_only = pattern.ends_with('/');
    if (directories_only) pattern.remove_suffix(1);
    const bool about_name = pattern.find('/') == std::string_view::npos;
    if (pattern.starts_with('/')) pattern.remove_prefix(1);

    const std::optional<Pieces> pieces = read_glob(pattern);
    if (!pieces || pieces->empty()) return nullptr;
    const Match match{position, !negated};
    return about_name ? add_name(*pieces, match, directories_only)
                      : add_path(*pieces, match, directories_only);
  }

  // Compiles what was added. Once; gives the position of a rule that can't be compiled, else 0.
  std::size_t finish(RuleSet::Compiled& set) && {
    std::size_t names = 0;
    std::size_t paths = 0;
    const std::size_t count = name_regexes_.size() + path_regexes_.size();
    const std::size_t share = budget_.memory_bytes / std::max<std::size_t>(count, 1);
    for (Rule& rule : set_.others) {
      if (auto* name = std::get_if<NameRegex>(&rule.matcher)) {
        name->regex = compiled(name_regexes_[names++], share);
        if (name->regex == nullptr) return rule.match.position;
      } else if (auto* path = std::get_if<PathRegex>(&rule.matcher)) {
        path->regex = compiled(path_regexes_[paths++], share);
        if (path->regex == nullptr) return rule.match.position;
      }
    }
    set_.any_name = any_of(name_regexes_, budget_.memory_bytes);
    set_.any_path = any_of(path_regexes_, budget_.memory_bytes);
    set = std::move(set_);
    return 0;
  }

 private:
  const char* add_name(std::span<const Piece> pieces, Match match, bool directories_only) {
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
    return keep_regex(regex_of(pieces), {match, directories_only, NameRegex{}});
  }

  const char* add_path(std::span<const Piece> pieces, Match match, bool directories_only) {
    if (auto text = literal_of(pieces)) {
      return keep({match, directories_only, WholePath{std::move(*text)}});
    }
    // "**/" before a pattern for a name says no more than that pattern alone.
    const auto rest = pieces.subspan(1);
    if (pieces.front() == Piece(Stars::kDirectories) && !rest.empty() &&
        std::none_of(rest.begin(), rest.end(), spans_directories)) {
      return add_name(rest, match, directories_only);
    }
    return keep_regex(regex_of(pieces), {match, directories_only, PathRegex{}});
  }

  static bool spans_directories(const Piece& piece) {
    const Stars* stars = std::get_if<Stars>(&piece);
    return stars != nullptr ? *stars != Stars::kInName : piece == Piece('/');
  }

  static const char* keep(LastMatches& last, Match match, bool directories_only) {
    last.directory = match;
    if (!directories_only) last.other = match;
    return nullptr;
  }

  const char* keep(Rule rule) {
    set_.others.push_back(std::move(rule));
    return nullptr;
  }

  // `rule` is compiled in finish(), when it is known how many there are.
  const char* keep_regex(std::string regex, Rule rule) {
    if (regex.size() > kMaxRegexBytes) return "is too large: use fewer wildcards";
    bytes_ += regex.size() + kRegexBytes;
    if (bytes_ > budget_.regex_bytes) {
      return "is one too many: with those before it, it would take too much memory (64 MiB, of a "
             "file of rules in the source 1 MiB); use fewer rules with wildcards in the middle, or "
             "shorter ones";
    }
    const bool is_name = std::holds_alternative<NameRegex>(rule.matcher);
    (is_name ? name_regexes_ : path_regexes_).push_back(std::move(regex));
    return keep(std::move(rule));
  }

  const RuleBudget& budget_;
  RuleSet::Compiled set_;
  std::vector<std::string> name_regexes_;
  std::vector<std::string> path_regexes_;
  std::size_t bytes_ = 0;  // of all of them, as they count
};

// The entry in question, as a visitor of Matcher: whether it matches. Its path is put together, and
// the combined expressions are asked, where a rule first needs it.
class Entry {
 public:
  Entry(std::string_view directory, std::string_view name, const RuleSet::Compiled& set)
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
  const RuleSet::Compiled& set_;
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

}  // namespace

RuleSet::RuleSet() = default;
RuleSet::~RuleSet() = default;
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;

std::optional<BrokenRule> RuleSet::compile(const std::vector<std::string>& rules,
                                           const RuleBudget& budget) {
  // A plan's document has room for as much.
  constexpr std::size_t kMaxRuleBytes = std::size_t{64} << 10U;
  Builder builder(budget);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string& rule = rules[i];
    if (rule.size() > kMaxRuleBytes) return BrokenRule{i, "is too large: it has more than 64 KiB"};
    bytes += rule.size() + kRegexBytes;
    if (bytes > budget.text_bytes) {
      return BrokenRule{i,
                        "is one too many: all rules have more than 16 MiB, or those of a file in "
                        "the source more than 64 KiB"};
    }
    if (rule.find('\0') != std::string::npos) return BrokenRule{i, "holds a NUL byte"};
    if (const char* broken = builder.add(rule, i + 1)) return BrokenRule{i, broken};
  }
  Compiled set;
  if (const std::size_t position = std::move(builder).finish(set); position > 0) {
    return BrokenRule{position - 1, "is too large: use fewer wildcards"};
  }
  const bool is_empty = set.names.empty() && set.extensions.empty() && set.others.empty();
  compiled_ = is_empty ? nullptr : std::make_unique<const Compiled>(std::move(set));
  return std::nullopt;
}

std::optional<RuleSaid> RuleSet::decide(std::string_view directory, std::string_view name,
                                        bool is_directory) const {
  if (compiled_ == nullptr) return std::nullopt;
  const Compiled& set = *compiled_;
  Match last = found_in(set.names, name, is_directory);
  if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos) {
    const Match found = found_in(set.extensions, name.substr(dot), is_directory);
    if (found.position > last.position) last = found;
  }
  Entry entry(directory, name, set);
  for (auto rule = set.others.rbegin(); rule != set.others.rend(); ++rule) {
    if (rule->match.position < last.position) break;
    if (rule->directories_only && !is_directory) continue;
    if (std::visit(entry, rule->matcher)) {
      last = rule->match;
      break;
    }
  }
  if (last.position == 0) return std::nullopt;
  return RuleSaid{last.excluded, last.position - 1};
}

}  // namespace foldersync
