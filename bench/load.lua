-- wrk -s load.lua URL -- MODEL [HEADER: VALUE]...   A 2 KB prompt; prints one line of JSON at the end.
local sentence = "The quarterly report shows that revenue grew by four percent while costs fell. "

function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  for i = 2, #args do
    local name, value = args[i]:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
  end
  local model = '{"model":"' .. args[1] .. '",'
  local system, prompt = '"You are a helpful assistant."', '"' .. string.rep(sentence, 24) .. 'Summarise."'
  local user = '{"role":"user","content":' .. prompt .. '}'
  if wrk.path == "/v1/messages" then
    wrk.body = model .. '"system":' .. system .. ',"messages":[' .. user .. '],"max_tokens":256}'
  elseif wrk.path:find(":generateContent", 1, true) then
    wrk.body = '{"systemInstruction":{"parts":[{"text":' .. system .. '}]},"contents":[{"role":"user","parts":[{"text":'
      .. prompt .. '}]}],"generationConfig":{"maxOutputTokens":256}}'
  elseif wrk.path == "/v1/responses" then
    wrk.body = model .. '"instructions":' .. system .. ',"input":[' .. user .. '],"max_output_tokens":256}'
  else
    wrk.body = model .. '"messages":[{"role":"system","content":' .. system .. '},' .. user .. '],"max_tokens":256}'
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"p50_us":%f,"p99_us":%f,"bad_status":%d,"socket_errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
