// A change of modes as a person writes it: the forms of chmod and of rsync's option of that name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foldersync {

// Clauses, one after the other: "D2755,F644", "go-w,u+rwX", "g=u". Each is for directories (D), for
// all else (F), or for both: an octal mode; or who (u, g, o, a), + - or =, and rights (r, w, x, s,
// t, and X: x for directories and for what anybody may execute) or one of u, g, o, whose rights are
// taken.
class ModeChange {
 public:
  ModeChange() = default;  // changes nothing

  // Nothing where it is no such text, or it or its own form is longer than 255 bytes. A clause
  // without who is for all, but for the bits of `umask`.
  static std::optional<ModeChange> parse(std::string_view text, std::uint32_t umask);

  // A text that means the same whatever the umask; empty where nothing is changed.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return clauses_.empty(); }
  // What becomes of a mode, 0 to 07777.
  [[nodiscard]] std::uint32_t of(std::uint32_t mode, bool is_directory) const;

  friend bool operator==(const ModeChange& a, const ModeChange& b) { return a.text_ == b.text_; }

 private:
  struct Clause {
    bool directories = true;
    bool others = true;  // than directories
    char op = '=';
    std::uint32_t who = 0;           // 0100, 0010 and 0001; 0: an octal mode
    std::uint32_t rights = 0;        // 0 to 7; of an octal mode all of it
    std::uint32_t special = 0;       // of 07000
    std::uint32_t replaced = 0;      // of 07000: what = takes away
    bool keeps_x = false;            // X
    std::optional<unsigned> copied;  // 6, 3 or 0: the rights of u, g or o count

    void change(std::uint32_t& mode, bool has_x) const;
  };
  class Reader;

  std::string text_;
  std::vector<Clause> clauses_;
};

}  // namespace foldersync
