// Keys of staging folders, kept as long as the process lives.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "apply/stage/staging_area.h"
#include "apply/stage/staging_key.h"
#include "fs/posix_file_system.h"
#include "scan/roots.h"

namespace foldersync::test {

class KeptKeys final : public StagingKeys {
 public:
  // Knows the key already.
  void add(const std::string& identity, const StagingKey& key) { keys_[identity].push_back(key); }

  std::vector<StagingKey> of(const std::string& identity) override { return keys_[identity]; }

  std::vector<StagingKey> below(const std::string& identity) override {
    std::vector<StagingKey> all = forgotten_[identity];
    all.insert(all.end(), keys_[identity].begin(), keys_[identity].end());
    return all;
  }

  StagingKey begin(const std::string& identity) override {
    StagingKey key;
    ++made_;
    key.secret[0] = static_cast<unsigned char>(made_);
    key.secret[1] = static_cast<unsigned char>(made_ >> 8U);
    keys_[identity].push_back(key);
    forgotten_[identity].clear();
    return key;
  }

  void end(const std::string& identity, const StagingKey& key) override {
    std::erase(keys_[identity], key);
  }

  void forget(const std::string& identity, const StagingKey& key) override {
    end(identity, key);
    forgotten_[identity].push_back(key);
  }

 private:
  std::map<std::string, std::vector<StagingKey>> keys_;
  std::map<std::string, std::vector<StagingKey>> forgotten_;
  unsigned made_ = 0;
};

// One for all runs of a test program.
inline KeptKeys& kept_keys() {
  static KeptKeys keys;
  return keys;
}

// The key of staging folders that tests make by hand, in a replica whose identity is empty.
inline StagingKey hand_made_key() { return StagingKey{{1, 2, 3}}; }

// A key's staging folder in `home`, ready for use; as a run comes by it.
inline Result<StagingArea> staging_area_in(FileSystem& fs, int home) {
  const StagingPlace place{home, {}, {}};
  const bool as_root = ::geteuid() == 0;
  auto found = TRY(StagingArea::find(fs, place, hand_made_key()));
  if (!found) return StagingArea::make(fs, place, hand_made_key(), as_root, false);
  TRY(found->reuse(as_root));
  return std::move(*found);
}

// Puts the proof into the folder `.sync-txn` in `home`, below the replica's root at `path`.
inline void prove(int home, const std::string& path = {}, const std::string& identity = {},
                  const StagingKey& key = hand_made_key()) {
  FileSystem& calm = posix_file_system();
  const auto folder = calm.open_directory(home, ".sync-txn");
  ASSERT_TRUE(folder.ok());
  const auto proof = proof_of(calm, {home, identity, path}, folder->get(), key);
  ASSERT_TRUE(proof.ok() && calm.create_file(folder->get(), proof->c_str(), 0600).ok());
}

// The folder `.sync-txn` in the replica's directory `path` is one of a killed run that kept_keys()
// knows.
inline void prove_in(const std::string& replica, const std::string& path = {}) {
  FileSystem& calm = posix_file_system();
  const Root root = open_root(calm, replica, "replica").value();
  const Root home = open_root(calm, replica + "/" + path, "replica").value();
  kept_keys().add(root.identity, hand_made_key());
  prove(home.fd.get(), path, root.identity);
}

}  // namespace foldersync::test
