"""The listener: HTTP/1.1 from clients, limited in size, time and number.

`server` runs it, `reception` reads what a client sends, `head` judges heads, `connection` keeps the order
of answers and ends, `exchange` is what an app sees of one request (`scope["wye.connection"]`), `wire` spells
bytes. Requests whose heads are the same bytes, but for Content-Length's value, share `scope["wye.memo"]`:
a dict for what an app has found out about such a head.
"""

from wye.gateway.listener.exchange import App, Exchange, HangupError, Message, Receive, Scope, Send
from wye.gateway.listener.server import Listener, split_listen
from wye.gateway.listener.wire import header_block

__all__ = [
    "App",
    "Exchange",
    "HangupError",
    "Listener",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "header_block",
    "split_listen",
]
