// The keys of staging folders, kept in the memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apply/stage/staging_key.h"
#include "cli/kept/carried.h"
#include "state/memory.h"

namespace foldersync {

// Where the memory is missing, or can't be written or read, they live as long as the command does:
// what a killed run leaves is kept as it is then, and what was begun can't be finished.
class MemoryStagingKeys final : public StagingKeys {
 public:
  // The memory may come later, or never. `warnings` gets sentences for a person.
  MemoryStagingKeys(const std::unique_ptr<Memory>& memory, std::vector<std::string>& warnings,
                    Carried& carried)
      : memory_(memory), warnings_(warnings), carried_(carried) {}

  std::vector<StagingKey> of(const std::string& identity) override;
  std::vector<StagingKey> below(const std::string& identity) override;
  StagingKey begin(const std::string& identity) override;
  void end(const std::string& identity, const StagingKey& key) override;
  void forget(const std::string& identity, const StagingKey& key) override;

 private:
  struct Known {
    StagingKey key;
    bool is_forgotten = false;  // for the root
  };

  static std::vector<Known> keys_in(std::string_view text);
  static std::string text_of(const std::vector<Known>& keys);
  std::vector<Known> known(const std::string& identity);
  void set(const std::string& identity, const std::vector<Known>& keys);

  const std::unique_ptr<Memory>& memory_;
  std::vector<std::string>& warnings_;
  Carried& carried_;
};

}  // namespace foldersync
