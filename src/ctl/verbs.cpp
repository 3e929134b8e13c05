#include "ctl/verbs.h"

#include <filesystem>

#include "common/tls/tls.h"
#include "ctl/audit_verbs.h"
#include "ctl/data_verbs.h"
#include "ctl/explain.h"
#include "ctl/files.h"
#include "ctl/ledger_verbs.h"
#include "ctl/list_verbs.h"
#include "ctl/owner/command.h"
#include "ctl/pki/authority.h"
#include "ctl/pki/bundle.h"
#include "ctl/pki/request.h"
#include "ctl/pki/show.h"
#include "ctl/preflight_verb.h"
#include "ctl/task_verbs.h"
#include "ctl/user_verbs.h"
#include "ctl/words.h"

namespace pai::ctl {
namespace {

namespace fs = std::filesystem;

/// Errors about a file's content begin with the file.
template <class T>
Result<T> about(const std::string& file, Result<T> result) {
  if (!result.ok()) return std::move(result).error().in_context(file);
  return result;
}

Result<pki::Authority> open_authority(const fs::path& folder) {
  std::error_code none;
  if (!fs::exists(folder / "ca.pem", none) && !none) {
    return Error(ErrorCode::kNotFound, "there is no CA in '" + folder.string() + "' (no ca.pem)")
        .with_hint("name its folder with --dir, or make a CA: paictl pki init --dir " + folder.string() +
                   " --name NAME");
  }
  PAI_ASSIGN(const std::string certificate, read_public(folder / "ca.pem"));
  PAI_ASSIGN(const pki::Secret pem, read_key(folder / "ca.key"));
  PAI_ASSIGN(pki::Key key, about(folder / "ca.key", pki::read_private_key(pem)));
  return about(folder / "ca.pem", pki::Authority::read(certificate, std::move(key)));
}

class Runner {
 public:
  explicit Runner(std::int64_t now) : now_(now) {}

  Result<std::string> operator()(const PrintOptions& options) const { return options.text; }

  Result<std::string> operator()(const InitOptions& options) const {
    PAI_ASSIGN(const pki::Key key, pki::make_key(options.key));
    PAI_ASSIGN(const std::string certificate, pki::make_authority(key, options.name, {now_, options.days}));
    PAI_ASSIGN(const pki::Secret pem, pki::private_pem(key));
    PAI_ASSIGN(NewFiles files, NewFiles::in(options.folder));
    PAI_TRY(files.add_key("ca.key", pem));
    PAI_TRY(files.add_public("ca.pem", certificate));
    PAI_ASSIGN(const tls::PeerIdentity identity, tls::identity_of_pem(certificate));
    PAI_TRY(files.keep());
    const Paths made{files.path("ca.pem"), files.path("ca.key")};
    if (options.json) return json_for_authority(options.name, identity.fingerprint, identity.not_after, made);
    return words_for_authority(options.name, identity.fingerprint, identity.not_after, options.folder, made);
  }

  Result<std::string> operator()(const IssueOptions& options) const {
    PAI_ASSIGN(const pki::Authority authority, open_authority(options.folder));
    PAI_ASSIGN(const pki::Key key, pki::make_key(options.key));
    PAI_ASSIGN(const pki::Issued issued, authority.issue(key, options.names, {now_, options.days}));
    PAI_ASSIGN(const pki::Secret pem, pki::private_pem(key));
    const std::string& name = options.names.common_name;
    PAI_ASSIGN(NewFiles files, NewFiles::in(options.out.empty() ? options.folder : options.out));
    PAI_TRY(files.add_key(name + ".key", pem));
    PAI_TRY(files.add_public(name + ".pem", issued.pem));
    PAI_TRY(files.keep());
    const Paths made{files.path(name + ".pem"), files.path(name + ".key")};
    return options.json ? json_for_issued(issued, made) : words_for_issued(issued, made);
  }

  Result<std::string> operator()(const RequestOptions& options) const {
    PAI_ASSIGN(const pki::Key key, pki::make_key(options.key));
    PAI_ASSIGN(const std::string request, pki::make_request(key, options.names));
    PAI_ASSIGN(const pki::Secret pem, pki::private_pem(key));
    const std::string& name = options.names.common_name;
    PAI_ASSIGN(NewFiles files, NewFiles::in(options.out));
    PAI_TRY(files.add_key(name + ".key", pem));
    PAI_TRY(files.add_public(name + ".csr", request));
    PAI_TRY(files.keep());
    if (options.json) return json_for_request(options.names, files.path(name + ".csr"), files.path(name + ".key"));
    return words_for_request(options.names, files.path(name + ".csr"), files.path(name + ".key"));
  }

  Result<std::string> operator()(const SignOptions& options) const {
    PAI_ASSIGN(const pki::Authority authority, open_authority(options.folder));
    PAI_ASSIGN(const std::string text, read_public(options.request));
    PAI_ASSIGN(const pki::Request request, about(options.request, pki::read_request(text)));
    if (!options.name.empty() && options.name != request.names.common_name) {
      return Error(ErrorCode::kInvalid, options.request + ": it is for '" + request.names.common_name +
                                            "', not for '" + options.name + "'");
    }
    PAI_ASSIGN(const pki::Issued issued, authority.issue(request.key, request.names, {now_, options.days}));
    const std::string file = request.names.common_name + ".pem";
    PAI_ASSIGN(NewFiles files, NewFiles::in(options.out.empty() ? options.folder : options.out));
    PAI_TRY(files.add_public(file, issued.pem));
    PAI_TRY(files.keep());
    if (options.json) return json_for_issued(issued, {files.path(file), ""});
    return words_for_signed(issued, request.left_out, files.path(file));
  }

  Result<std::string> operator()(const RenewOptions& options) const {
    PAI_ASSIGN(const pki::Authority authority, open_authority(options.folder));
    PAI_ASSIGN(const std::string text, read_public(options.certificate));
    PAI_ASSIGN(const pki::Issued issued,
               about(options.certificate, authority.renew(text, {now_, options.days})));
    if (options.out.empty()) {
      PAI_TRY(replace_certificate(options.certificate, issued.pem));
      if (options.json) return json_for_issued(issued, {options.certificate, ""});
      return words_for_renewed(issued, options.certificate, options.certificate + ".old");
    }
    const std::string file = issued.names.common_name + ".pem";
    PAI_ASSIGN(NewFiles files, NewFiles::in(options.out));
    PAI_TRY(files.add_public(file, issued.pem));
    PAI_TRY(files.keep());
    if (options.json) return json_for_issued(issued, {files.path(file), ""});
    return words_for_renewed(issued, files.path(file), "");
  }

  Result<std::string> operator()(const BundleOptions& options) const {
    std::vector<pki::BundleInput> inputs;
    for (const auto& file : options.files) {
      PAI_ASSIGN(std::string text, read_public(file));
      inputs.push_back({file, std::move(text)});
    }
    PAI_ASSIGN(const pki::Bundle bundle, pki::make_bundle(inputs, now_));
    const fs::path out = options.out;
    PAI_ASSIGN(NewFiles files, NewFiles::in(out.has_parent_path() ? out.parent_path() : fs::path(".")));
    PAI_TRY(files.add_public(out.filename().string(), bundle.pem));
    PAI_TRY(files.keep());
    return options.json ? json_for_bundle(bundle, options.out) : words_for_bundle(bundle, options.out);
  }

  Result<std::string> operator()(const PagesOptions& options) const {
    PAI_ASSIGN(NewFiles files, NewFiles::in(options.folder));
    std::string made;
    for (const auto& [name, text] : options.pages) {
      PAI_TRY(files.add_public(name, text));
      made += files.path(name) + "\n";
    }
    PAI_TRY(files.keep());
    return made;
  }

  Result<std::string> operator()(const OwnerOptions& options) const { return run_owner_command(options); }

  Result<std::string> operator()(const ShowOptions& options) const {
    PAI_ASSIGN(const std::string text, read_public(options.file));
    PAI_ASSIGN(const std::vector<pki::Shown> shown, about(options.file, pki::read_shown(text)));
    return options.json ? pki::shown_as_json(shown, now_) : pki::shown_as_text(shown, now_);
  }

  Result<Printed> operator()(const DataCheckOptions& options) const { return check_data(options); }
  Result<std::string> operator()(const ExplainOptions& options) const { return explain(options); }
  Result<std::string> operator()(const LedgerVerifyOptions& options) const { return verify_ledgers(options); }
  Result<std::string> operator()(const LedgerShowOptions& options) const { return show_ledger(options); }
  Result<std::string> operator()(const LedgerCompareOptions& options) const { return compare_ledgers(options); }
  Result<std::string> operator()(const UserOptions& options) const { return run_user(options); }
  Result<std::string> operator()(const AuditOptions& options) const { return verify_audit(options); }
  Result<Printed> operator()(const PreflightOptions& options) const {
    PAI_ASSIGN(auto found, run_preflight(options));
    return Printed{std::move(found.text), found.fine ? 0 : 1};
  }
  Result<Printed> operator()(const TaskOptions& options) const { return run_task(options); }
  Result<Printed> operator()(const ListOptions& options) const { return run_list(options); }

 private:
  std::int64_t now_;
};

}  // namespace

Result<Printed> run(const Options& options, std::int64_t now) {
  const Runner runner(now);
  return std::visit(
      [&](const auto& asked) -> Result<Printed> {
        PAI_ASSIGN(auto said, runner(asked));
        if constexpr (std::is_same_v<decltype(said), Printed>) {
          return said;
        } else {
          return Printed{std::move(said)};
        }
      },
      options);
}

}  // namespace pai::ctl
