// The filter decides as git does: every table, every byte of every class, and rules at random.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "filter/filter.h"
#include "filter/rule_text.h"
#include "unit/filter/filter_cases.h"

namespace foldersync {
namespace {

using test::filter_cases;
using test::filter_of;
using test::FilterCase;
using test::leaves_out;
using test::Lines;
using test::texts_of;

// A git repository in a folder of its own, whose only rules are those that ask() gives it.
class Repository {
 public:
  Repository() {
    std::string name = testing::TempDir() + "/filter-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "mkdtemp: " << errno;
    root_ = name;
    std::filesystem::create_directory(root_ / "tree");
    EXPECT_EQ(git({"init", "--quiet", "--template="}), 0);
    std::filesystem::create_directories(root_ / "tree/.git/info");
  }
  ~Repository() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  // Each adds nothing where something else is in its way.
  void add_directory(const std::string& path) {
    std::error_code ignored;
    create_directories(root_ / "tree" / path, ignored);
  }
  void add_file(const std::filesystem::path& path) {
    add_directory(path.parent_path());
    if (!exists(root_ / "tree" / path)) std::ofstream(root_ / "tree" / path).flush();
  }
  void add_symlink(const std::filesystem::path& path, const std::string& target) {
    add_directory(path.parent_path());
    std::error_code ignored;
    create_symlink(target, root_ / "tree" / path, ignored);
  }

  // The entries below the root but for .git, and whether each is a directory.
  [[nodiscard]] std::map<std::string, bool> entries() const {
    std::map<std::string, bool> found;
    const std::filesystem::recursive_directory_iterator tree(root_ / "tree"), end;
    for (auto at = tree; at != end; ++at) {
      const std::string path = at->path().lexically_relative(root_ / "tree").string();
      if (path.starts_with(".git/") || path == ".git") continue;
      found[path] = !at->is_symlink() && at->is_directory();
    }
    return found;
  }

  // The paths among `entries` that git ignores by the rules in `text`.
  std::set<std::string> ignored(const std::string& text,
                                const std::map<std::string, bool>& entries) {
    std::ofstream(root_ / "tree/.git/info/exclude", std::ios::binary) << text;
    std::string input;
    for (const auto& entry : entries) input += "./" + entry.first + '\0';
    std::ofstream(root_ / "input", std::ios::binary) << input;
    EXPECT_LE(git({"check-ignore", "--no-index", "-z", "-v", "-n", "--stdin"}), 1);

    std::ifstream output(root_ / "output", std::ios::binary);
    std::set<std::string> paths;
    std::size_t records = 0;
    std::string source, line, pattern, path;
    while (std::getline(output, source, '\0') && std::getline(output, line, '\0') &&
           std::getline(output, pattern, '\0') && std::getline(output, path, '\0')) {
      ++records;
      if (!source.empty() && !pattern.starts_with('!')) paths.insert(path.substr(2));
    }
    EXPECT_EQ(records, entries.size());
    return paths;
  }

 private:
  // Runs git in the tree, from and into files, untouched by anybody's settings.
  int git(Lines words) {
    const std::string tree = root_ / "tree", input = root_ / "input", output = root_ / "output";
    Lines command = {"git", "-C", tree};
    for (const char* setting :
         {"core.excludesFile=/dev/null", "core.quotePath=false", "core.ignoreCase=false"}) {
      command.insert(command.end(), {"-c", setting});
    }
    command.insert(command.end(), words.begin(), words.end());
    Lines environment = {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "LC_ALL=C",
                         "HOME=" + root_.string()};
    if (const char* path = std::getenv("PATH")) environment.push_back(std::string("PATH=") + path);

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, input.c_str(), O_RDONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    const int error = posix_spawnp(&child, "git", &files, nullptr, pointers_to(command).data(),
                                   pointers_to(environment).data());
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) return error;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
  }

  static std::vector<char*> pointers_to(Lines& words) {
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  std::filesystem::path root_;
};

std::string text_of(const Lines& rules) {
  std::string text;
  for (const std::string& rule : rules) text += rule + '\n';
  return text;
}

// Expects the filter to leave out what git ignores; says how many entries that are.
std::size_t expect_agreement(Repository& repository, const std::map<std::string, bool>& entries,
                             const std::string& text) {
  const std::set<std::string> ignored = repository.ignored(text, entries);
  const Filter filter = filter_of(texts_of(rules_in(text)));
  for (const auto& [path, is_directory] : entries) {
    const bool expected = ignored.contains(path);
    EXPECT_EQ(leaves_out(filter, path, is_directory), expected)
        << "path " << testing::PrintToString(path) << "\nrules\n"
        << testing::PrintToString(text);
  }
  return ignored.size();
}

TEST(FilterAndGit, AgreeOnTheTable) {
  for (const FilterCase& row : filter_cases()) {
    Repository repository;
    for (const Lines& paths : {row.out, row.in}) {
      for (const std::string& path : paths) {
        path.ends_with('/') ? repository.add_directory(path) : repository.add_file(path);
      }
    }
    expect_agreement(repository, repository.entries(), text_of(row.rules));
  }
}

TEST(FilterAndGit, AgreeOnEveryByteOfEveryClass) {
  Repository repository;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') repository.add_file(std::string("x") + static_cast<char>(byte));
  }
  const auto entries = repository.entries();
  for (const char* name : {"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print",
                           "punct", "space", "upper", "xdigit"}) {
    for (const char* start : {"x[", "x[!", "/x[^"}) {
      const auto count =
          expect_agreement(repository, entries, start + ("[:" + std::string(name) + ":]]\n"));
      EXPECT_GT(count, 0U) << name;
    }
  }
}

TEST(FilterAndGit, AgreeThatASymlinkIsNoDirectory) {
  Repository repository;
  repository.add_directory("d/d");
  repository.add_symlink("e", "d");
  repository.add_symlink("d/e", "nowhere");
  const auto entries = repository.entries();
  EXPECT_EQ(expect_agreement(repository, entries, "e/\n"), 0U);
  EXPECT_EQ(expect_agreement(repository, entries, "*/\n!/d\n"), 1U);
}

TEST(FilterAndGit, AgreeOnTheTextOfARulesFile) {
  Repository repository;
  for (const char* name : {"a", "a\r", "b", "b ", "c",
                           "\xef\xbb\xbf"
                           "a",
                           "\xef\xbb\xbf"
                           "b",
                           "\r"}) {
    repository.add_file(name);
  }
  const auto entries = repository.entries();
  for (const char* text : {"\xef\xbb\xbf"
                           "a\r\n\xef\xbb\xbf"
                           "b\n",
                           "a \r\nb\\ \r\n", "a\r \nb\r", "\r\n\n \r\n#a\r\n", "a\r\r\nc", ""}) {
    expect_agreement(repository, entries, text);
  }
}

// Random names and rules made of them, the same in every run.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return engine_() % bound; }
  bool one_in(std::size_t times) { return below(times) == 0; }
  template <class Choices>
  const auto& one_of(const Choices& choices) {
    return choices[below(std::size(choices))];
  }

  // Never "." or "..", never empty.
  std::string name() {
    static constexpr std::string_view kBytes = "aaabbc.. *?[]\\!#-^:\n\t\xe9\xff";
    std::string made;
    for (std::size_t left = 1 + below(4); left > 0; --left) made += one_of(kBytes);
    return made.find_first_not_of('.') == std::string::npos ? "a" : made;
  }

  // A rule that has a fair chance to match `path`.
  std::string rule(const std::string& path) {
    std::string made = one_in(4) ? "!" : "";
    made += one_of(std::array{"", "", "", "", "/", "**/", "*", "\\", "*."});
    const std::size_t name = one_in(2) ? 0 : path.rfind('/') + 1;
    for (const char byte : path.substr(name)) made += piece(byte);
    made +=
        one_of(std::array{"", "", "", "", "", "/", "/", " ", "/**", "/*", "*", "**", "\\", "["});
    std::erase(made, '\n');
    return made;
  }

 private:
  std::string piece(char byte) {
    if (byte == '/') return one_of(std::array{"/", "/", "/", "/", "/**/", "**/", "/*", "\\/", "*"});
    switch (below(14)) {
      case 0:
        return "?";
      case 1:
        return one_of(std::array{"*", "**", "*?", "?*", "*/"});
      case 2:
        return std::string("\\") + byte;
      case 3:
        return std::string("[") + byte + "]";
      case 4:
        return std::string("[!") + one_of(kSet) + one_of(kSet) + "]";
      case 5:
        return std::string("[") + one_of(kSet) + "-" + byte + one_of(kSet) + "]";
      case 6:
        return one_of(std::array{"[[:alpha:]]", "[^[:punct:]]", "[[:space:]a-c]", "[[:x:]]"});
      case 7:
        return one_of(std::array{"", "[", "]", "\\", "-", "[]", "[!", "[a-", "[[:", "*]"});
      default:
        return {byte};
    }
  }

  static constexpr std::string_view kSet = "abc]![^-\\:\xe9 ";
  std::mt19937 engine_;
};

void grow(Repository& repository, Dice& dice) {
  for (int i = 0; i < 60; ++i) {
    std::string path = dice.name();
    for (std::size_t depth = dice.below(4); depth > 0; --depth) path += '/' + dice.name();
    if (dice.one_in(8)) {
      repository.add_symlink(path, dice.one_in(2) ? "." : "nowhere");
    } else if (dice.one_in(8)) {
      repository.add_directory(path);
    } else {
      repository.add_file(path);
    }
  }
}

TEST(FilterAndGit, AgreeOnRandomRulesAndTrees) {
  std::size_t decisions = 0;
  std::size_t ignored = 0;
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    Dice dice(seed);
    Repository repository;
    grow(repository, dice);
    const auto entries = repository.entries();
    Lines paths;
    for (const auto& entry : entries) paths.push_back(entry.first);
    for (int round = 0; round < 60; ++round) {
      Lines rules;
      for (std::size_t left = 1 + dice.below(8); left > 0; --left) {
        rules.push_back(dice.rule(dice.one_of(paths)));
      }
      ignored += expect_agreement(repository, entries, text_of(rules));
      decisions += entries.size();
    }
  }
  EXPECT_GT(decisions, 20'000U);
  EXPECT_GT(ignored, decisions / 20);
  EXPECT_LT(ignored, decisions * 19 / 20);
}

}  // namespace
}  // namespace foldersync
