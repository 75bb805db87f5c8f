// What health checks ask a server of this machine.
#pragma once

#include <cstdint>
#include <string>

namespace marquee::serving {

// Whether GET of the path on this port of the loopback is answered with 200 within seconds. With
// TLS any certificate will do: it is for a name that is not this machine's, and nothing secret is
// sent.
bool answers_ok(uint16_t port, const std::string& path, bool tls);

}  // namespace marquee::serving
