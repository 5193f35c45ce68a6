// What a verification found, as text and as the lines of its report (docs/verify.md).
#pragma once

#include <string>

#include "verify/verify.h"

namespace foldersync {

// One line, without its end: "decayed in the replica: 'a/b' (other content than remembered ...)".
std::string verify_line(const VerifyFinding& finding);
// "12 files, 3.4 MiB read: nothing differs".
std::string verify_summary(const Verified& verified);

// The report's lines, each with its end.
std::string verify_start(const std::string& source, const std::string& replica);
std::string verify_report_line(const VerifyFinding& finding);
std::string verify_end(const Verified& verified);

}  // namespace foldersync
