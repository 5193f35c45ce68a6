// Trees at random: small ones with few names, so that everything meets everything.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "support/tree.h"

namespace foldersync::test {

// What may occur in the trees.
struct Mix {
  bool devices = true;
  bool owners = true;
  bool closed_modes = true;     // that keep their owner from reading
  bool names_elsewhere = true;  // of objects of the replica
};

// The same trees from the same seed. Two files of one size with one mtime hold the same bytes, also
// where times are rounded to two seconds: only --checksum would find the difference.
class RandomTrees {
 public:
  RandomTrees(unsigned seed, Mix mix) : random_(seed), mix_(mix) {}

  Tree source();
  // Another tree, or one that was the source before some changes.
  Tree replica_of(const Tree& source);
  // 0 to limit - 1.
  std::size_t number(std::size_t limit) { return random_() % limit; }
  bool chance(std::size_t one_in) { return number(one_in) == 0; }

 private:
  template <class T>
  const T& one_of(const std::vector<T>& values) {
    return values[number(values.size())];
  }
  RelPath any(const Tree& tree);
  RelPath new_path(const Tree& tree);
  Object object();
  void set_metadata(Object& object);
  void grow(Tree& tree);
  void edit(Tree& tree);
  void link(Tree& tree);

  std::mt19937_64 random_;
  Mix mix_;
};

}  // namespace foldersync::test
