// OpenSSL spells much of its interface as macros, which Swift cannot see: these are their functions.
#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

static inline long tg_ssl_ctx_set_min_proto(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}
static inline long tg_ssl_ctx_set_mode(SSL_CTX *context) {
    return SSL_CTX_set_mode(
        context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}
static inline long tg_ssl_ctx_session_cache_client(SSL_CTX *context) {
    return SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
}
static inline long tg_ssl_set_host_name(SSL *session, const char *name) {
    return SSL_set_tlsext_host_name(session, name);
}
static const int tg_tls_1_2 = TLS1_2_VERSION;

// Answers ALPN with http/1.1 if the client offers it, and without ALPN otherwise.
static inline int tg_alpn_http11(
    SSL *session, const unsigned char **out, unsigned char *out_length, const unsigned char *offered,
    unsigned int offered_length, void *context) {
    (void)session;
    (void)context;
    for (unsigned int i = 0; i + 1 <= offered_length; i += offered[i] + 1u) {
        if (offered[i] == 8 && i + 9 <= offered_length && memcmp(offered + i + 1, "http/1.1", 8) == 0) {
            *out = offered + i + 1;
            *out_length = 8;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}
