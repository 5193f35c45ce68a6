// Keys and signatures in files.
#pragma once

#include <string>

#include "cli/values/options.h"
#include "core/result.h"
#include "core/signature.h"
#include "plan/stored_plan.h"

namespace foldersync {

// Where the signature of a plan is: what --signature names, else beside the plan's `document`, with
// ".sig". Empty without --signature where that is "-" or empty: standard input or output.
std::string signature_file(const SignatureOptions& options, const std::string& document);

// Error kRefused: it can't be read, or is no key that will do.
Result<SigningKey> read_signing_key(const std::string& file);

// Into a file that appears complete or not at all, mode 0600.
Status write_signature(const StoredPlan& plan, const SigningKey& key, const std::string& file);

// The id of the key that signed the plan of `document`; empty where no signature is asked for
// (--verify). Error kRefused, and kUsage where there is no file to look into.
Result<std::string> verify_signature(const StoredPlan& plan, const SignatureOptions& options,
                                     const std::string& document);

}  // namespace foldersync
