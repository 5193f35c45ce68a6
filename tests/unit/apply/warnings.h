// An observer for what reports no actions.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "apply/look/report.h"

namespace foldersync::test {

// Keeps the sentences that it is told.
class Warnings final : public ApplyObserver {
 public:
  void report(const ActionReport&) override { ADD_FAILURE() << "only apply reports actions"; }
  void warn(const std::string& sentence) override { sentences.push_back(sentence); }

  std::vector<std::string> sentences;
};

}  // namespace foldersync::test
