// Extended attributes of the two entries of a name, and what they let a program do.
#pragma once

#include "plan/compare.h"
#include "planner/admission.h"
#include "planner/findings.h"
#include "scan/walker.h"

namespace foldersync {

// Requires, of all methods: both trees hold the name, or it is "." and they hold the directory.
class AttributeComparer {
 public:
  // Both outlive the object.
  AttributeComparer(const PlanningContext& context, Findings& findings)
      : context_(context), findings_(findings) {}

  // Whether attributes count beside content and metadata.
  [[nodiscard]] bool are_asked(const VisitedPair& pair, const Named& named) const;
  // Adds Reason::kXattrs where attributes differ that the replica is able to hold; false where they
  // can't be read. What lets a file run with more rights is not given in place. `wanted`: what the
  // replica shall have of the source's status.
  bool compare(const VisitedPair& pair, const Named& named, const FileStatus& wanted,
               Comparison& comparison) const;
  // Whether it is a file of several names that has, or gets, such rights: it is written anew, which
  // the actions of its other names have to know.
  [[nodiscard]] bool are_linked_capabilities(const VisitedPair& pair, const Named& named) const;

 private:
  const PlanningContext& context_;
  Findings& findings_;
};

}  // namespace foldersync
