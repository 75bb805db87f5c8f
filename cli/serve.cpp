#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

namespace {

// Where it listens, and how.
void add_listeners(CLI::App& command, ServeArguments& options) {
  command
      .add_option("--address", options.http.address,
                  "address to listen on; any other than this machine's own is open to the network")
      ->capture_default_str();
  command.add_option("--port", options.http.port, "port; 0: any that is free, printed on stdout")
      ->capture_default_str();
  auto* certificate = command.add_option("--tls-cert", options.http.tls_certificate,
                                         "certificate chain (PEM) for HTTPS; default: HTTP");
  command
      .add_option("--tls-key", options.http.tls_key,
                  "its private key, PEM; default: in the file of --tls-cert")
      ->needs(certificate);
  command
      .add_option("--admin-port", options.admin_port,
                  "port on 127.0.0.1 for reload, rollback and drain; 0: any; default: none")
      ->check(CLI::Range(0, 65'535));
}

}  // namespace

void add_serve(CLI::App& app) {
  auto& command = add_command(
      app, "serve", "Serve recommendations, home pages and a web page to try them, over HTTP",
      {"marquee serve --bundle out/bundle",
       "marquee serve --bundle out/bundle --port 0 --state out/state",
       "marquee serve --bundle films=out/films --bundle series=out/series --state out/state",
       "curl -H 'Content-Type: application/json' -d '{\"history\":[\"1\"],\"k\":3}' "
       "http://127.0.0.1:8080/v1/recommend"});
  const auto options = std::make_shared<ServeArguments>();
  // Once for each bundle, each time with one value.
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* help) {
    return command.add_option(name, values, help)->allow_extra_args(false);
  };
  add("--bundle", options->bundles,
      "bundle folder; with several, NAME=FOLDER each, and every option below that takes NAME=")
      ->required();
  add("--compare", options->compared,
      "[NAME=] another bundle, to compare its pages with the first's; default: none");
  add("--config", options->configs,
      "[NAME=] limits, queue and rules of pages (docs/configuration.md); default: none");
  command.add_option("--set", options->overrides,
                     "[NAME=]KEY=VALUE, such as page.because_rows=3; repeat");
  add("--state", options->states,
      "[NAME=] folder of histories and title edits; default: beside the bundle, BUNDLE-state");
  add("--redis", options->redis,
      "[NAME=] redis://HOST[:PORT][/DATABASE] that keeps histories for several servers; "
      "default: a file in --state");
  add_listeners(command, *options);
  command.add_flag("--watch", options->watch,
                   "reload when the bundle's folder, or the link to it, holds another bundle");
  add("--api-keys", options->keys,
      "[NAME=] file of keys that clients must have (docs/serving.md); default: none needed");
  command.add_option("--access-log", options->access_log,
                     "file that gets a JSON line per request; - is stderr; default: none");
  add("--policy", options->policies,
      "[NAME=] folder of a policy that chooses rows and titles, and learns from what comes of it "
      "(marquee policy); default: rows in their usual order");
  add("--exposures", options->exposures,
      "[NAME=] folder that gets a log of what was shown to whom and what came of it; default: "
      "none");
  add_trusted_keys(command, options->trusted_keys);
  command.add_option("--device", options->device, "cpu or cuda")->capture_default_str();
  command
      .add_option("--pre-stop-seconds", options->pre_stop_seconds,
                  "after SIGTERM, still take connections for this long; /v1/health/ready says 503")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  command
      .add_option("--drain-seconds", options->drain_seconds,
                  "longest wait after that for requests in flight")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  command.callback([options] { run_serve(*options); });
}

}  // namespace marquee::cli
