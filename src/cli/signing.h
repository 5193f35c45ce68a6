// Keys and signatures in files.
#pragma once

#include <string>

#include "cli/options.h"
#include "core/result.h"
#include "core/signature.h"
#include "plan/stored_plan.h"

namespace foldersync {

// Where the signature of a plan is: what --signature names, else beside the plan, with ".sig".
// Empty for a plan of standard input or output without --signature.
std::string signature_file(const Settings& settings);

// Error kRefused: it can't be read, or is no key that will do.
Result<SigningKey> read_signing_key(const std::string& file);

// Into a file that appears complete or not at all, mode 0600.
Status write_signature(const StoredPlan& plan, const SigningKey& key, const std::string& file);

// The id of the key that signed the plan; empty where no signature is asked for (--verify). Error
// kRefused, and kUsage where there is no file to look into.
Result<std::string> verify_signature(const StoredPlan& plan, const Settings& settings);

}  // namespace foldersync
