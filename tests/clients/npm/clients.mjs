// The npm SDKs of OpenAI and Anthropic against a gateway: node clients.mjs URL MODEL. Prints what came of it as JSON.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const [url, model] = process.argv.slice(2);
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: url, apiKey: "unused", maxRetries: 0 });
const question = [{ role: "user", content: "Weather in Paris and Rome?" }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const told = {};

async function chat() {
  const tools = [{ type: "function", function: { name: "weather", parameters } }];
  const plain = await openai.chat.completions.create({ model, messages: question });
  let streamed = "";
  for await (const chunk of await openai.chat.completions.create({ model, messages: question, stream: true })) {
    streamed += chunk.choices[0]?.delta?.content ?? "";
  }
  const stream = openai.chat.completions.stream({ model, messages: question, tools });
  const asked = (await stream.finalChatCompletion()).choices[0].message;
  const results = asked.tool_calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: "sunny" }));
  const after = await openai.chat.completions.create({ model, messages: [...question, asked, ...results], tools });
  return {
    plain: plain.choices[0].message.content,
    streamed,
    cities: asked.tool_calls.map((call) => JSON.parse(call.function.arguments).city),
    after: after.choices[0].message.content,
  };
}

async function responses() {
  const tools = [{ type: "function", name: "weather", parameters, strict: false }];
  const plain = await openai.responses.create({ model, input: question });
  const stream = openai.responses.stream({ model, input: question, tools, store: false });
  let kinds = 0;
  for await (const _ of stream) kinds += 1;
  const output = (await stream.finalResponse()).output;
  const calls = output.filter((item) => item.type === "function_call");
  const results = calls.map((call) => ({ type: "function_call_output", call_id: call.call_id, output: "sunny" }));
  const input = [...question, ...output, ...results];
  const after = await openai.responses.create({ model, input, tools, store: false });
  return {
    plain: plain.output_text,
    events: kinds > 0,
    cities: calls.map((call) => JSON.parse(call.arguments).city),
    after: after.output_text,
  };
}

async function messages() {
  const tools = [{ name: "weather", input_schema: parameters }];
  const base = { model, max_tokens: 64 };
  const plain = await anthropic.messages.create({ ...base, messages: question });
  const stream = anthropic.messages.stream({ ...base, messages: question, tools });
  const asked = await stream.finalMessage();
  const calls = asked.content.filter((block) => block.type === "tool_use");
  const results = calls.map((call) => ({ type: "tool_result", tool_use_id: call.id, content: "sunny" }));
  const turns = [...question, { role: "assistant", content: asked.content }, { role: "user", content: results }];
  const after = await anthropic.messages.create({ ...base, messages: turns, tools });
  return {
    plain: plain.content[0].text,
    cities: calls.map((call) => call.input.city),
    after: after.content[0].text,
  };
}

async function error(ask) {
  try {
    await ask();
    return null;
  } catch (refused) {
    return [refused.constructor.name, refused.status];
  }
}

told.chat = await chat();
told.responses = await responses();
told.messages = await messages();
told.models = (await openai.models.list()).data.some((row) => row.id === "auto");
told.errors = [
  await error(() => openai.chat.completions.create({ model: "nobody", messages: question })),
  await error(() => openai.responses.create({ model: "busy", input: "Hi" })),
  await error(() => anthropic.messages.create({ model: "nobody", max_tokens: 4, messages: question })),
];
console.log(JSON.stringify(told));
