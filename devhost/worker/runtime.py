"""The worker: azure-functions-runtime, which loads the app and calls its functions."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import azure_functions_runtime as runtime

from devhost import records
from devhost.worker.functions import Function, LoadError, Outcome, check_names, is_legal_name
from devhost.worker.messages import PROTOS, Message, ParameterBinding, StatusResult, TypedData


class Worker:
    """The loaded app. The runtime keeps global state: one app per process.

    Attributes:
        functions: those that the host takes, in the host's order: by name.
        left_out: names of functions that the real host leaves out because of these names.
    """

    def __init__(self, functions: list[Function]) -> None:
        self.left_out = [one.name for one in functions if not is_legal_name(one.name)]
        legal = [one for one in functions if is_legal_name(one.name)]
        check_names(legal)
        self.functions = sorted(legal, key=lambda function: function.name.upper())

    @classmethod
    async def load(cls, folder: Path) -> "Worker":
        """Load ``function_app.py`` of a folder.

        Raises:
            LoadError: with the worker's reason.
        """
        sys.path.insert(0, str(folder))
        runtime.start_threadpool_executor()
        init = Message(capabilities={}, function_app_directory=str(folder))
        try:
            await _ask(runtime.worker_init_request, worker_init_request=init)
        except SystemExit as end:
            raise LoadError(f"function_app.py ends the process: SystemExit({end.code!r}).") from end
        metadata = await _ask(runtime.functions_metadata_request)
        return cls([_function(found) for found in metadata.function_metadata_results or ()])

    async def invoke(
        self,
        function: Function,
        inputs: Mapping[str, TypedData],
        trigger_metadata: Mapping[str, TypedData] | None = None,
    ) -> Outcome:
        """See ``Runner.invoke``."""
        invocation_id = str(uuid4())
        request = Message(
            invocation_id=invocation_id,
            function_id=function.function_id,
            input_data=[ParameterBinding(name=name, data=data) for name, data in inputs.items()],
            trigger_metadata=trigger_metadata or {},
            # The real host's is empty too where there is no Application Insights.
            trace_context=Message(trace_parent="", trace_state="", attributes={}),
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
        token = runtime.invocation_id_cv.set(invocation_id)
        try:
            with records.calling(invocation_id, function.name):
                answer = await runtime.invocation_request(_envelope(invocation_request=request))
            return _outcome(answer)
        except SystemExit as end:
            # In Azure it ends the worker, not the host.
            return Outcome(None, {}, (f"the function raised SystemExit({end.code!r})", ""))
        finally:
            runtime.invocation_id_cv.reset(token)


async def _ask(call: Any, **request: Message) -> Any:  # noqa: ANN401 - the runtime is untyped
    response = await call(_envelope(**request))
    if response.result.status != StatusResult.Success:
        raise LoadError(response.result.exception.message, response.result.exception.stack_trace)
    return response


def _envelope(**request: Message) -> Message:
    return Message(request=Message(**request), properties={"host": "127.0.0.1", "protos": PROTOS})


def _function(metadata: Message) -> Function:
    bindings = tuple(json.loads(binding) for binding in metadata.raw_bindings)
    return Function(metadata.name, metadata.function_id, bindings)


def _outcome(response: Message) -> Outcome:
    if response.result.status != StatusResult.Success:
        exception = response.result.exception
        return Outcome(None, {}, (exception.message, exception.stack_trace))
    outputs = {output.name: output.data for output in response.output_data}
    return Outcome(response.return_value, outputs, None)
