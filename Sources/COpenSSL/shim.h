// OpenSSL spells much of its interface as macros, which Swift cannot see: these are their functions.
#pragma once
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

static inline long tg_ssl_ctx_set_min_proto(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}
static inline long tg_ssl_ctx_set_mode(SSL_CTX *context) {
    // A record is read at once, not its head and then its body.
    SSL_CTX_set_read_ahead(context, 1);
    return SSL_CTX_set_mode(
        context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}
static inline uint64_t tg_ssl_ctx_refuse_renegotiation(SSL_CTX *context) {
    return SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
}
static inline long tg_ssl_ctx_session_cache_client(SSL_CTX *context) {
    return SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
}
static inline long tg_ssl_set_host_name(SSL *session, const char *name) {
    return SSL_set_tlsext_host_name(session, name);
}
static const int tg_tls_1_2 = TLS1_2_VERSION;

// A time of a certificate in Unix seconds; -1 if it is before 1970, or cannot be read.
static inline int64_t tg_asn1_seconds(const ASN1_TIME *time) {
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int known = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time);
    ASN1_TIME_free(epoch);
    int64_t moment = (int64_t)days * 86400 + seconds;
    return known && moment >= 0 ? moment : -1;
}
// From when until when a certificate is valid.
static inline int64_t tg_x509_begin(const X509 *certificate) { return tg_asn1_seconds(X509_get0_notBefore(certificate)); }
static inline int64_t tg_x509_end(const X509 *certificate) { return tg_asn1_seconds(X509_get0_notAfter(certificate)); }

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

// A public key from its parameters; frees the builder. A point that is not on its curve makes none.
static inline EVP_PKEY *tg_public_key(const char *type, OSSL_PARAM_BLD *builder) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (parameters == NULL || maker == NULL || EVP_PKEY_fromdata_init(maker) != 1 ||
        EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    EVP_PKEY_CTX_free(maker);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static inline EVP_PKEY *tg_rsa_key(
    const unsigned char *modulus, size_t modulus_length, const unsigned char *exponent, size_t exponent_length) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL), *e = BN_bin2bn(exponent, (int)exponent_length, NULL);
    EVP_PKEY *key = NULL;
    if (builder != NULL && n != NULL && e != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        key = tg_public_key("RSA", builder);
    else
        OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return key;
}

// The key itself if it is a good one. For curves only: of an RSA modulus it would look for primes, for milliseconds.
static inline EVP_PKEY *tg_checked_key(EVP_PKEY *key) {
    if (key == NULL) return NULL;
    EVP_PKEY_CTX *checker = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int is_good = checker != NULL && EVP_PKEY_public_check(checker) == 1;
    EVP_PKEY_CTX_free(checker);
    if (is_good) return key;
    EVP_PKEY_free(key);
    return NULL;
}

static inline EVP_PKEY *tg_p256_key(const unsigned char *point, size_t length) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder != NULL && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, length) == 1)
        return tg_checked_key(tg_public_key("EC", builder));
    OSSL_PARAM_BLD_free(builder);
    return NULL;
}

// Asks clients for a certificate that chains to the file's authorities; without one they are turned away if it is required.
// No session is resumed, so that each connection shows its certificate anew.
static inline int tg_ssl_ctx_ask_clients(SSL_CTX *context, const char *authorities, int required) {
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(authorities);
    if (names == NULL || SSL_CTX_load_verify_locations(context, authorities, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return 0;
    }
    // The context owns the names from here on.
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    SSL_CTX_set_verify_depth(context, 8);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_num_tickets(context, 0);
}

// The alternative name at `index` of a certificate: its type (GEN_DNS, GEN_EMAIL, GEN_URI), 0 for others, -1 beyond the last.
static inline int tg_alternative_name(
    const GENERAL_NAMES *names, int index, const unsigned char **bytes, size_t *length) {
    if (index >= sk_GENERAL_NAME_num(names)) return -1;
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    if (name->type != GEN_DNS && name->type != GEN_EMAIL && name->type != GEN_URI) return 0;
    *bytes = ASN1_STRING_get0_data(name->d.ia5);
    *length = (size_t)ASN1_STRING_length(name->d.ia5);
    return name->type;
}
static inline GENERAL_NAMES *tg_alternative_names(const X509 *certificate) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}
static inline void tg_free_alternative_names(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }
