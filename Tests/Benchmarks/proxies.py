"""The plain proxies that Tollgate is held against: nginx and HAProxy, as they are set up for such traffic. One worker or thread, connections kept
on both sides, no access log, bodies buffered in memory, answers passed on as they come."""

import os
import pathlib
import subprocess

from peers import Process


class Nginx(Process):
    name, key = "nginx", "unused"

    def __init__(self, folder, upstream):
        super().__init__(folder)
        self.pem, self.file = upstream.pem, folder / f"nginx-{self.port}.conf"
        tls = f"ssl_certificate {self.pem}; ssl_certificate_key {self.pem}; ssl_protocols TLSv1.3;" if self.pem else ""
        verify = f"proxy_ssl_trusted_certificate {self.pem}; proxy_ssl_verify on; proxy_ssl_protocols TLSv1.3; proxy_ssl_name 127.0.0.1;" if self.pem else ""
        self.file.write_text(f"""
            {"user root;" if os.geteuid() == 0 else ""}
            worker_processes 1;
            worker_rlimit_nofile 20000;
            daemon off;
            pid {folder}/nginx-{self.port}.pid;
            error_log {folder}/nginx-errors.log warn;
            events {{ worker_connections 16384; use epoll; multi_accept on; }}
            http {{
                access_log off;
                keepalive_requests 1000000000;
                keepalive_timeout 1h;
                client_max_body_size 32m;
                client_body_buffer_size 2m;
                client_body_temp_path {folder}/nginx-body;
                proxy_temp_path {folder}/nginx-proxy;
                fastcgi_temp_path {folder}/nginx-fastcgi;
                uwsgi_temp_path {folder}/nginx-uwsgi;
                scgi_temp_path {folder}/nginx-scgi;
                upstream provider {{
                    server 127.0.0.1:{upstream.port};
                    keepalive 512;
                    keepalive_requests 1000000000;
                    keepalive_timeout 1h;
                }}
                server {{
                    listen 127.0.0.1:{self.port} {"ssl" if self.pem else ""} backlog=4096;
                    {tls}
                    location / {{
                        proxy_pass {upstream.scheme}://provider;
                        {verify}
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host $host;
                        proxy_buffering off;
                        proxy_buffer_size 16k;
                        proxy_buffers 8 16k;
                        proxy_read_timeout 10m;
                    }}
                }}
            }}""")

    def command(self):
        return ["nginx", "-p", self.folder, "-c", self.file]

    def measured(self):
        """The one worker; the master only waits."""
        master = self.process.pid
        return int(pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])

    def version(self):
        return subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.strip().split("/")[-1]


class HAProxy(Process):
    """`http-no-delay`: it waits for nothing that might be sent together, as `proxy_buffering off` has nginx do."""

    name, key = "haproxy", "unused"

    def __init__(self, folder, upstream):
        super().__init__(folder)
        self.pem, self.file = upstream.pem, folder / f"haproxy-{self.port}.cfg"
        tls = f" ssl crt {self.pem} ssl-min-ver TLSv1.3" if self.pem else ""
        verify = f" ssl verify required ca-file {self.pem} verifyhost 127.0.0.1" if self.pem else ""
        self.file.write_text(f"""
            global
                nbthread 1
                maxconn 12000
                no strict-limits
            defaults
                mode http
                no log
                option http-keep-alive
                option http-no-delay
                http-reuse always
                timeout connect 10s
                timeout client 10m
                timeout server 10m
                timeout http-keep-alive 1h
            frontend clients
                bind 127.0.0.1:{self.port} backlog 4096{tls}
                default_backend provider
            backend provider
                server one 127.0.0.1:{upstream.port}{verify}\n""")

    def command(self):
        return ["haproxy", "-db", "-f", self.file]

    def version(self):
        words = subprocess.run(["haproxy", "-v"], capture_output=True, text=True).stdout.split()
        return words[2] if len(words) > 2 else "?"
