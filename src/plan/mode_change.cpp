#include "plan/mode_change.h"

#include <tuple>

#include "core/file_status.h"

namespace foldersync {
namespace {

constexpr std::size_t kMostBytes = 255;
constexpr std::uint32_t kMost = 07777;
constexpr std::uint32_t kUser = 0100, kGroup = 0010, kOthers = 0001;
constexpr std::uint32_t kAnyX = 0111;

bool is_octal(char byte) { return byte >= '0' && byte <= '7'; }

}  // namespace

// One clause after the other.
class ModeChange::Reader {
 public:
  Reader(std::string_view rest, std::uint32_t umask) : rest_(rest), umask_(umask) {}

  // False where it is none.
  bool read(ModeChange& change) {
    for (;;) {
      Clause clause;
      std::string prefix;
      if (!read_types(clause, prefix)) return false;
      if (!(is_octal(next()) ? read_octal(clause, prefix, change)
                             : read_symbolic(clause, prefix, change))) {
        return false;
      }
      if (rest_.empty()) return true;
      if (!take(',')) return false;
    }
  }

 private:
  [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char byte) {
    if (next() != byte) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char take_any_of(std::string_view bytes) {
    const char byte = next();
    return byte != '\0' && bytes.find(byte) != std::string_view::npos && take(byte) ? byte : '\0';
  }

  bool read_types(Clause& clause, std::string& prefix) {
    for (char type = take_any_of("DF"); type != '\0'; type = take_any_of("DF")) {
      if (!prefix.empty() && prefix.front() != type) return false;
      prefix = std::string(1, type);
    }
    clause.directories = prefix != "F";
    clause.others = prefix != "D";
    return true;
  }

  bool read_octal(Clause& clause, const std::string& prefix, ModeChange& change) {
    std::string digits;
    while (is_octal(next())) {
      clause.rights = clause.rights << 3U | static_cast<std::uint32_t>(next() - '0');
      if (clause.rights > kMost) return false;
      digits += next();
      take(next());
    }
    add(change, clause, prefix + digits);
    return true;
  }

  bool read_symbolic(Clause& clause, const std::string& prefix, ModeChange& change) {
    std::string who;
    for (char one = take_any_of("ugoa"); one != '\0'; one = take_any_of("ugoa")) {
      who += one;
      clause.who |= one == 'u' ? kUser : one == 'g' ? kGroup : one == 'o' ? kOthers : kAnyX;
      clause.replaced |= one == 'u'   ? kSetUser
                         : one == 'g' ? kSetGroup
                         : one == 'a' ? kSetUser | kSetGroup
                                      : 0U;
    }
    clause.op = take_any_of("+-=");
    if (clause.op == '\0') return false;
    const std::string_view begin = rest_;
    if (const char from = take_any_of("ugo"); from != '\0') {
      clause.copied = from == 'u' ? 6U : from == 'g' ? 3U : 0U;
      if (who.empty()) clause.who = kAnyX;
      if (who.empty()) who = "a";
    } else {
      read_rights(clause);
    }
    if (clause.special == 0) clause.replaced = 0;
    if (who.empty()) return add_masked(change, clause, prefix);
    add(change, clause,
        prefix + who + clause.op + std::string(begin.substr(0, begin.size() - rest_.size())));
    return true;
  }

  void read_rights(Clause& clause) {
    for (char one = take_any_of("rwxXst"); one != '\0'; one = take_any_of("rwxXst")) {
      if (one == 'r') clause.rights |= 4U;
      if (one == 'w') clause.rights |= 2U;
      if (one == 'x' || one == 'X') clause.rights |= 1U;
      if (one == 'X') clause.keeps_x = true;
      if (one == 't') clause.special |= kSticky;
      if (one == 's') clause.special |= clause.who == 0 ? kSetUser : clause.replaced;
    }
  }

  // For each of u, g and o what the umask leaves of it.
  bool add_masked(ModeChange& change, const Clause& clause, const std::string& prefix) const {
    for (const auto& [name, who, shift] :
         {std::tuple{'u', kUser, 6U}, {'g', kGroup, 3U}, {'o', kOthers, 0U}}) {
      Clause part = clause;
      part.who = who;
      part.rights = clause.rights & ~(umask_ >> shift);
      part.special = clause.special & (who == kUser ? kSetUser : who == kOthers ? kSticky : 0U);
      part.replaced = part.special & kSetUser;
      if (clause.op != '=' && part.rights == 0 && part.special == 0) continue;
      std::string text = prefix + name + clause.op;
      if ((part.rights & 4U) != 0) text += 'r';
      if ((part.rights & 2U) != 0) text += 'w';
      if ((part.rights & 1U) != 0) text += clause.keeps_x ? 'X' : 'x';
      if ((part.special & kSetUser) != 0) text += 's';
      if ((part.special & kSticky) != 0) text += 't';
      add(change, part, text);
    }
    return true;
  }

  static void add(ModeChange& change, const Clause& clause, const std::string& text) {
    if (!change.text_.empty()) change.text_ += ',';
    change.text_ += text;
    change.clauses_.push_back(clause);
  }

  std::string_view rest_;
  std::uint32_t umask_;
};

std::optional<ModeChange> ModeChange::parse(std::string_view text, std::uint32_t umask) {
  ModeChange change;
  if (text.size() > kMostBytes) return std::nullopt;  // before it takes any memory
  if (!Reader(text, umask).read(change) || change.text_.size() > kMostBytes) return std::nullopt;
  return change;
}

// Source: the manual of chmod(1), and what rsync 3.5.0 does.
void ModeChange::Clause::change(std::uint32_t& mode, bool has_x) const {
  if (who == 0) {
    mode = rights;
    return;
  }
  std::uint32_t given = copied ? mode >> *copied & 7U : rights;
  if (op == '-') {
    mode &= ~(who * given | special);
    return;
  }
  if (keeps_x && !has_x) given &= ~1U;
  if (op == '=') mode &= ~(who * 7U | replaced);
  mode |= who * given | special;
}

std::uint32_t ModeChange::of(std::uint32_t mode, bool is_directory) const {
  const bool has_x = is_directory || (mode & kAnyX) != 0;
  for (const Clause& clause : clauses_) {
    if (is_directory ? clause.directories : clause.others) clause.change(mode, has_x);
  }
  return mode;
}

}  // namespace foldersync
