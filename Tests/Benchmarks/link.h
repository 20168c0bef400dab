// A connected socket, plain or with TLS on it. Both ends of the rig speak TLS 1.3 with one cipher suite and one curve, so that
// whoever stands between has no choice. Never blocks: -1 with EAGAIN, as recv and send.
#pragma once
#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct link {
    int fd;
    SSL *tls; // NULL: plain
};

static SSL_CTX *tls_context; // NULL: all links are plain

static inline void refuse(const char *what) {
    fprintf(stderr, "%s: no TLS\n", what);
    exit(2);
}

static inline void tls_prepare(const SSL_METHOD *method) {
    tls_context = SSL_CTX_new(method);
    if (!tls_context || SSL_CTX_set_min_proto_version(tls_context, TLS1_3_VERSION) != 1
        || SSL_CTX_set_ciphersuites(tls_context, "TLS_AES_128_GCM_SHA256") != 1
        || SSL_CTX_set1_groups_list(tls_context, "X25519") != 1)
        refuse("context");
    SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

// `file`: certificate and key.
static inline void tls_serve(const char *file) {
    tls_prepare(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(tls_context, file) != 1
        || SSL_CTX_use_PrivateKey_file(tls_context, file, SSL_FILETYPE_PEM) != 1)
        refuse(file);
}

// Takes any certificate: what is measured is the other end.
static inline void tls_call(void) { tls_prepare(TLS_client_method()); }

static inline struct link link_open(int fd, int is_server) {
    struct link made = {fd, NULL};
    if (!tls_context) return made;
    made.tls = SSL_new(tls_context);
    if (!made.tls || SSL_set_fd(made.tls, fd) != 1) refuse("connection");
    if (is_server) SSL_set_accept_state(made.tls);
    else SSL_set_connect_state(made.tls);
    return made;
}

static inline ssize_t link_result(struct link *link, int done) {
    if (done > 0) return done;
    int why = SSL_get_error(link->tls, done);
    if (why == SSL_ERROR_ZERO_RETURN) return 0;
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return -1;
}

static inline ssize_t link_receive(struct link *link, void *bytes, size_t length) {
    return link->tls ? link_result(link, SSL_read(link->tls, bytes, (int)length)) : recv(link->fd, bytes, length, 0);
}

// Reads and forgets; on a plain socket without a copy.
static inline ssize_t link_drop(struct link *link, size_t length) {
    static char scratch[1 << 16];
    if (!link->tls) return recv(link->fd, scratch, length, MSG_TRUNC);
    return link_receive(link, scratch, length < sizeof scratch ? length : sizeof scratch);
}

static inline ssize_t link_send(struct link *link, const void *bytes, size_t length) {
    return link->tls ? link_result(link, SSL_write(link->tls, bytes, (int)length))
                     : send(link->fd, bytes, length, MSG_NOSIGNAL);
}

// Whether a read that came back short has emptied it: TLS gives a record at a time.
static inline int link_is_empty(const struct link *link, ssize_t got, size_t wanted) {
    return !link->tls && got < (ssize_t)wanted;
}

static inline void link_close(struct link *link) {
    if (link->tls) SSL_free(link->tls);
    close(link->fd);
}
